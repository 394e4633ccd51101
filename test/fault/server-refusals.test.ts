import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder, removeFolder } from '../local/folder.ts';
import { all, must, send } from './server/api.ts';
import { ENTRY, type ServerProcess, startServerProcess } from './server/process.ts';

const NO_MODEL = 'http://127.0.0.1:9';

function folder(): string {
  const dir = makeFolder();
  onTestFinished(() => removeFolder(dir));
  return join(dir, 'data');
}

async function running(dataDir: string, maxFileBlocks?: number): Promise<ServerProcess> {
  const server = await startServerProcess({
    ...{ dataDir, model: NO_MODEL },
    ...(maxFileBlocks === undefined ? {} : { maxFileBlocks }),
  });
  onTestFinished(() => server.kill().catch(() => {}));
  return server;
}

/** `dspex ARGS` to its end. */
async function dspex(...args: string[]): Promise<{ code: number | null; out: string; error: string }> {
  const child: ChildProcess = spawn(process.execPath, ['--no-warnings', ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { out: '', error: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said.error += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...said };
}

describe('a server that cannot start says why and ends with 2', () => {
  it('the data folder is served by another one, which goes on', async () => {
    const dataDir = folder();
    const { address } = await running(dataDir);
    const { code, error, out } = await dspex('dev', '--port', '0', '--data-dir', dataDir);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(`the server at ${address}`);
    expect(error).toContain(dataDir);
    expect(error.trim().split('\n')).toHaveLength(1);
    await must(address, 'POST', 'datasets', { body: { name: 'still' } });
    expect(JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8'))).toMatchObject({ address });
  });

  it('its port is taken: the folder is free again', async () => {
    const dataDir = folder();
    const other = net.createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, error } = await dspex('dev', '--port', `${port}`, '--data-dir', dataDir);
    expect(code).toBe(2);
    expect(error).toContain(`port ${port}`);
    expect(error).toContain('--port');
    await running(dataDir);
  });

  it('a newer dspex wrote the data folder: nothing in it is touched', async () => {
    const dataDir = folder();
    await (await running(dataDir)).kill();
    const file = join(dataDir, 'data.db');
    const newer = new DatabaseSync(file);
    newer.exec('PRAGMA user_version = 9999; PRAGMA wal_checkpoint(TRUNCATE)');
    newer.close();
    const before = readFileSync(file);
    const { code, error } = await dspex('dev', '--port', '0', '--data-dir', dataDir);
    expect(code).toBe(2);
    expect(error).toContain('format 9999, written by a newer dspex');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('it was to listen beyond loopback without being told so', async () => {
    const { code, error } = await dspex('dev', '--port', '0', '--host', '0.0.0.0', '--data-dir', folder());
    expect(code).toBe(2);
    expect(error).toContain('--expose');
  });

  it('the data folder is a file: that is the disk’s fault, and ends with 1', async () => {
    const { code, error } = await dspex('dev', '--port', '0', '--data-dir', join(ENTRY, 'data'));
    expect(code).toBe(1);
    expect(error).toContain(join(ENTRY, 'data'));
  });
});

describe('a full disk', () => {
  it('refuses writes as 503 with a reason, answers reads, and loses nothing that was acknowledged', async () => {
    const dataDir = folder();
    await (await running(dataDir)).kill();
    // No file may grow beyond 2 MB: what a full disk looks like to one process.
    const server = await running(dataDir, 4096);
    const { address } = server;
    const description = 'x'.repeat(3500);
    const written: string[] = [];
    let refused = await send(address, 'POST', 'datasets', { body: { name: 'first', description } });
    for (let n = 0; refused.status === 201 && n < 5000; n++) {
      written.push(String(refused.body.name));
      refused = await send(address, 'POST', 'datasets', { body: { name: `d${n}`, description } });
    }
    expect(refused.status).toBe(503);
    expect(refused.body.code).toMatch(/^store_(full|io)$/);
    expect(written.length).toBeGreaterThan(20);
    expect((await send(address, 'GET', 'datasets/first')).status).toBe(200);
    await server.kill();
    const { address: again } = await running(dataDir);
    const there = new Set((await all<{ name: string }>(again, 'datasets')).map(({ name }) => name));
    expect(written.filter((name) => !there.has(name))).toEqual([]);
    await must(again, 'POST', 'datasets', { body: { name: 'afterwards' } });
  });
});
