import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildPython } from '#functions/python-build';
import { sha256 } from '#lib/base/hash';

const LOCK = 'torch==2.8.0 --hash=sha256:00\n';

/** A clone where Python has been built so, or not at all; building writes what `makes` says. */
function clone(built: object | null, makes: object = { as: 'layer', bytes: 1e8 }) {
  const folder = mkdtempSync(join(tmpdir(), 'dspex-python-build-'));
  const lock = join(folder, 'own.lock');
  writeFileSync(lock, LOCK);
  const write = (made: object) => {
    mkdirSync(join(folder, 'python', 'dspy'), { recursive: true });
    writeFileSync(join(folder, 'made.json'), JSON.stringify(made));
  };
  if (built !== null) write(built);
  const [ran, said]: [string[], string[]] = [[], []];
  const run = async (args: readonly string[]) => {
    ran.push(args.join(' '));
    write(makes);
    return true;
  };
  return { folder, lock, ran, said, run, say: (text: string) => void said.push(text) };
}

describe('Python for Lambda', () => {
  it('is built once, and again when the packages of programs are others', async () => {
    const plain = clone(null);
    await buildPython({ ...plain, lock: undefined });
    await buildPython({ ...plain, lock: undefined });
    expect(plain.ran).toEqual(['cdk/layer/build.ts']);
    const own = clone({ as: 'layer', bytes: 1e8 }, { as: 'layer', bytes: 2e8, lock: sha256(LOCK) });
    await buildPython(own);
    await buildPython(own);
    expect(own.ran).toEqual([`cdk/layer/build.ts --with ${own.lock}`]);
    expect(own.said).toEqual([]);
  });

  it('that does not fit into a layer becomes an image, with its size said', async () => {
    const large = clone(null, { as: 'image', bytes: 900 * 1024 * 1024, lock: sha256(LOCK) });
    await buildPython({ ...large, hasDocker: () => true });
    expect(large.said).toEqual([expect.stringMatching(/has 900 MB: .* container image/)]);
  });

  it('without Docker is refused before anything is deployed, with its size and what to do', async () => {
    const large = clone(null, { as: 'image', bytes: 900 * 1024 * 1024, lock: sha256(LOCK) });
    await expect(buildPython({ ...large, hasDocker: () => false })).rejects.toMatchObject({
      ...{
        code: 'no_docker',
        message: expect.stringMatching(/900 MB, and 240 MB fit .* Start Docker, or take packages/),
      },
    });
  });

  it('a lock that is not there and a build that fails are said', async () => {
    const gone = clone(null);
    await expect(buildPython({ ...gone, lock: `${gone.lock}.gone` })).rejects.toMatchObject({ code: 'no_lock' });
    await expect(buildPython({ ...gone, lock: undefined, run: async () => false })).rejects.toMatchObject({
      code: 'no_layer',
    });
  });
});
