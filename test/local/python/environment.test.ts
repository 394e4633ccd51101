import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { prepareEnvironment } from '#lib/local/python/environment';
import { findPython } from '#lib/local/python/find-python';
import { HOST_FOLDER } from '#lib/local/python/host-folder';
import { wheelLink } from '#lib/local/python/pip-wheel';
import { run } from '#lib/local/python/run';
import { PYTHON } from './pool-alone.ts';
import { failure } from './pool-here.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'dspex-python-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function script(where: string, text: string): string {
  const path = join(where, 'python3');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** One small package of the real lock. */
function smallLock(where: string, spoil = (text: string) => text): string {
  const lock = readFileSync(join(HOST_FOLDER, 'requirements.lock'), 'utf8');
  const [small = ''] = /^annotated-types==[\s\S]*?(?=^\s+#)/m.exec(lock) ?? [];
  const path = join(where, 'small.lock');
  writeFileSync(path, spoil(small.trimEnd()));
  return path;
}

describe('looking for Python', () => {
  it('says what was wanted and what was there', async () => {
    const old = script(folder(), 'echo 3.6.15');
    expect(await failure(findPython({ DSPEX_PYTHON: old, PATH: process.env.PATH }))).toMatchObject({
      name: 'Python.Unavailable',
      message: expect.stringContaining('3.11 to 3.13'),
    });
    expect((await failure(findPython({ PATH: '/nowhere' }))).message).toContain('none of python3');
  });

  it('takes the first that fits', async () => {
    expect(await findPython({ DSPEX_PYTHON: PYTHON })).toMatchObject({ command: PYTHON });
  });
});

// They wait for pip and for the index.
describe('making an environment', { timeout: 300_000 }, () => {
  // Distributions cut parts out of Python.
  const cuts = {
    'a whole Python': '',
    'a Python without venv': '[ "$2" = venv ] && exit 1',
    'a Python without venv and pip': '[ "$2" = venv ] && exit 1; [ "$2" = pip ] && exit 1',
  };
  it.each(Object.entries(cuts))('with %s installs the lock, once, and is found again', async (_, cut) => {
    const where = folder();
    const python = script(where, `${cut}\nexec ${PYTHON} "$@"`);
    const told: string[] = [];
    const options = {
      folder: join(where, 'made'),
      lock: smallLock(where),
      environment: { ...process.env, DSPEX_PYTHON: python },
      onProgress: ({ step }: { step: string }) => told.push(step),
    };
    const [made, same] = await Promise.all([prepareEnvironment(options), prepareEnvironment(options)]);
    expect(same).toEqual(made);
    expect([...new Set(told)]).toEqual(['environment', 'packages', 'ready']);
    expect(told.filter((step) => step === 'ready')).toHaveLength(1);
    const found = await run(made.command, ['-c', 'import annotated_types; print("found")'], {
      env: { PYTHONPATH: made.path.join(':') },
    });
    expect(found.stdout).toBe('found');
  });

  it('from packages with other hashes fails, says so, and leaves nothing half made', async () => {
    const where = folder();
    const python = script(where, `${cuts['a Python without venv']}\nexec ${PYTHON} "$@"`);
    const lock = smallLock(where, (text) => text.replaceAll(/sha256:..../g, 'sha256:0000'));
    const options = { folder: join(where, 'made'), lock, environment: { ...process.env, DSPEX_PYTHON: python } };
    expect(await failure(prepareEnvironment(options))).toMatchObject({ name: 'Python.Unavailable', retryable: false });
    const good = { ...options, lock: smallLock(where) };
    expect((await prepareEnvironment(good)).command).toContain('python');
  });

  it('reads both kinds of index pages', () => {
    const file = 'pip-25.3-py3-none-any.whl';
    const base = 'https://index.example/simple/pip/';
    expect(wheelLink(`<a href="../../files/${file}#sha256=1">`, base)).toBe(`https://index.example/files/${file}`);
    expect(wheelLink(`{"files": [{"url": "https://x.example/${file}"}]}`, base)).toBe(`https://x.example/${file}`);
    expect(wheelLink('<a href="pip-1.0.whl">', base)).toBeUndefined();
  });
});
