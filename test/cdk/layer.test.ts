import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '#lib/base/hash';
import { MOST_BYTES, measured } from '../../cdk/layer/build.ts';
import { elfMachineOf, MACHINES } from '../../cdk/layer/elf.ts';
import { lockKey, madeIn } from '../../cdk/layer/made.ts';

/** The head of an ELF file for a machine. */
function elf(machine: number): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  bytes.writeUInt16LE(machine, 18);
  return bytes;
}

function folder(files: Record<string, Buffer | number>): string {
  const root = mkdtempSync(join(tmpdir(), 'dspex-layer-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, typeof content === 'number' ? '' : content);
    // Sparse: as long as it says, with nothing on the disk.
    if (typeof content === 'number') truncateSync(path, content);
  }
  return root;
}

describe('what was built', () => {
  it('says what it is; a folder that does not is a plain layer', () => {
    expect(madeIn(folder({ 'python/dspy/__init__.py': 0 }))).toEqual({ as: 'layer', bytes: 0 });
    const made = { as: 'image', bytes: 300e6, lock: 'f'.repeat(64) };
    expect(madeIn(folder({ 'made.json': Buffer.from(JSON.stringify(made)) }))).toEqual(made);
  });

  it('is compared by the hash of the lock, as programs name theirs', () => {
    const place = folder({ 'a.lock': Buffer.from('x==1 --hash=sha256:00') });
    expect(lockKey(join(place, 'a.lock'))).toBe(sha256('x==1 --hash=sha256:00'));
    expect(() => lockKey(join(place, 'none.lock'))).toThrow('there is no lock');
  });
});

describe('what is put into the layer', () => {
  it('is measured to the byte, with its binaries counted', () => {
    const files = {
      'dspy/__init__.py': Buffer.from('x'),
      'orjson/orjson.cpython-313-aarch64-linux-gnu.so': elf(MACHINES.arm64),
    };
    expect(measured(folder(files), 'arm64')).toEqual({ bytes: 65, binaries: 1 });
  });

  it('must be for the right processor: a binary for another is named', () => {
    const files = { 'a/good.so': elf(MACHINES.arm64), 'b/lib.so.1': elf(MACHINES.x86_64) };
    expect(() => measured(folder(files), 'arm64')).toThrow('b/lib.so.1 is built for machine 62, wanted 183 (arm64)');
    expect(() => measured(folder({ 'c.so': Buffer.from('no binary at all, but long enough') }), 'arm64')).toThrow(
      'c.so is built for machine null',
    );
  });

  it('may have 240 MB and not a byte more; above, the largest parts are named', () => {
    expect(measured(folder({ 'dspy/data': MOST_BYTES }), 'arm64').bytes).toBe(MOST_BYTES);
    expect(() => measured(folder({ 'dspy/data': MOST_BYTES, 'litellm/x': 1 }), 'arm64')).toThrow(
      /the layer has 240\.0 MB, at most 240\.0 MB fit; largest: dspy 240\.0 MB, litellm/,
    );
  });
});

it('the processor stands in the header; what is no little-endian ELF file has none', () => {
  expect(elfMachineOf(elf(183))).toBe(183);
  for (const other of [Buffer.alloc(0), Buffer.from('MZ'), Buffer.alloc(64), elf(183).subarray(0, 19)])
    expect(elfMachineOf(other)).toBeNull();
});
