import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StepFailure } from '#lib/base/failure';
import { sha256 } from '#lib/base/hash';
import { type FoundPython, findPython } from './find-python.ts';
import { type PythonEnvironment, pipOf } from './pip.ts';
import { run } from './run.ts';

export interface PythonProgress {
  step: 'environment' | 'packages' | 'ready';
  /** Packages fetched or installed, and how many there are. */
  done: number;
  total: number;
}
export type OnPythonProgress = (progress: PythonProgress) => void;

export interface EnvironmentOptions {
  /** Where environments are kept, one folder for each lock and Python version. */
  folder: string;
  lock: string;
  environment: Readonly<Record<string, string | undefined>>;
  onProgress?: OnPythonProgress;
}

/**
 * The environment for this lock, made when it is not there: one at a time, whole or not at all. Throws
 * `Python.Unavailable`.
 */
export async function prepareEnvironment(options: EnvironmentOptions): Promise<PythonEnvironment> {
  const python = await findPython(options.environment);
  const text = await readFile(options.lock, 'utf8').catch((error: unknown) => {
    throw unavailable(`the list of packages cannot be read: ${String(error)}`);
  });
  const minor = python.version.split('.').slice(0, 2).join('.');
  const target = join(options.folder, `${minor}-${sha256(text).slice(0, 12)}`);
  const made = await readEnvironment(target);
  if (made !== undefined) return made;
  await mkdir(options.folder, { recursive: true }).catch((error: unknown) => {
    throw unavailable(`its folder cannot be made: ${String(error)}`);
  });
  return withLock(`${target}.lock`, async () => {
    const meanwhile = await readEnvironment(target);
    if (meanwhile !== undefined) return meanwhile;
    // Half of one, left by a process that died.
    await rm(target, { recursive: true, force: true });
    return makeEnvironment(python, target, text, options);
  });
}

/** Nothing but what the lock names, byte for byte, and nothing of it is run to be installed. */
export const LOCKED = [
  ...['--require-hashes', '--no-deps', '--no-compile', '--only-binary=:all:'],
  ...['--no-input', '--disable-pip-version-check'],
];

async function makeEnvironment(
  python: FoundPython,
  target: string,
  lock: string,
  { lock: lockPath, environment, onProgress }: EnvironmentOptions,
): Promise<PythonEnvironment> {
  const total = lock.split('\n').filter((line) => /^[\w.-]+==/.test(line)).length;
  onProgress?.({ step: 'environment', done: 0, total });
  await mkdir(target, { recursive: true });
  const env = installEnvironment(environment);
  const { command, args, made } = await pipOf(python, target, env);
  const done = new Set<string>();
  const { code, stderr } = await run(command, [...args, ...LOCKED, '-r', lockPath], {
    env,
    onLine: (line) => {
      const name = /^(?:Collecting|Requirement already satisfied:) ([\w.-]+)/.exec(line)?.[1];
      if (name === undefined) return;
      done.add(name);
      onProgress?.({ step: 'packages', done: done.size, total });
    },
  });
  if (code !== 0) {
    await rm(target, { recursive: true, force: true });
    throw unavailable(`pip could not install the packages: ${lastLine(stderr)}`);
  }
  const stamp = join(target, 'dspex.json');
  const partial = `${stamp}.${randomBytes(4).toString('hex')}`;
  await writeFile(partial, JSON.stringify(made));
  await rename(partial, stamp);
  onProgress?.({ step: 'ready', done: total, total });
  return made;
}

/** The stamp is written last: without it the folder is no environment. */
async function readEnvironment(target: string): Promise<PythonEnvironment | undefined> {
  try {
    const made = JSON.parse(await readFile(join(target, 'dspex.json'), 'utf8')) as PythonEnvironment;
    return made;
  } catch {
    return undefined;
  }
}

/** pip may use the user's index, proxy and certificates, and nothing else of the environment. */
export function installEnvironment(environment: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const allowed =
    /^(PATH|HOME|TMPDIR|LANG|LC_\w+|PIP_\w+|UV_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|(https?|no|all)_proxy)$/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => allowed.test(name)));
}

const STALE_MS = 15 * 60_000;
const LOOK_MS = 250;

/** One maker at a time on this machine; a lock whose owner is dead, or very old, is taken over. */
export async function withLock<T>(path: string, make: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
        throw unavailable(`its folder cannot be written: ${String(error)}`);
      if (await isStale(path)) await rm(path, { force: true });
      else await delay(LOOK_MS);
    }
  }
  try {
    return await make();
  } finally {
    await rm(path, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    const owner = Number(await readFile(path, 'utf8'));
    if (Date.now() - mtimeMs > STALE_MS) return true;
    if (!(owner > 0)) return false;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

function lastLine(text: string): string {
  return text.split('\n').findLast((line) => line.trim() !== '') ?? 'it said nothing';
}

function unavailable(why: string): StepFailure {
  return new StepFailure('Python.Unavailable', `The Python environment could not be made: ${why}`);
}
