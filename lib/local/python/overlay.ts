import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailure } from '#lib/base/failure';
import { sha256 } from '#lib/base/hash';
import { installEnvironment, LOCKED, withLock } from './environment.ts';
import type { PythonEnvironment } from './pip.ts';
import { pipWheel } from './pip-wheel.ts';
import { run } from './run.ts';

export interface OverlayOptions {
  /** Where overlays are kept, one folder for each lock. */
  folder: string;
  /** Text of a hashed lock. */
  lock: string;
  /** SHA-256 of it. */
  key: string;
  /** The environment it lies over; what that has already is not installed again. */
  base: PythonEnvironment;
  baseLock: string;
  environment: Readonly<Record<string, string | undefined>>;
}

/**
 * A folder with the packages of a lock that the base environment does not have, made when it is not there: one at a time,
 * whole or not at all. Where both have a package the base's is used: the host was proved with it. Throws
 * `Input.Invalid` for a lock that cannot be had, `Python.Unavailable` when it could not be fetched now.
 */
export async function prepareOverlay(options: OverlayOptions): Promise<string> {
  const { command, path } = options.base;
  // Another Python is another overlay.
  const target = join(options.folder, sha256(JSON.stringify([options.key, command, path])).slice(0, 24));
  if (await isThere(target)) return target;
  await mkdir(options.folder, { recursive: true });
  return withLock(`${target}.lock`, async () => {
    if (await isThere(target)) return target;
    const half = `${target}.half`;
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true });
    const own = without(options.lock, await readFile(options.baseLock, 'utf8'));
    if (own.trim() !== '') await install(own, half, options);
    await rename(half, target);
    return target;
  });
}

async function install(lock: string, into: string, { base, environment }: OverlayOptions): Promise<void> {
  const env = installEnvironment(environment);
  const list = `${into}.txt`;
  await writeFile(list, lock);
  const { code } = await run(base.command, ['-m', 'pip', '--version'], { env });
  const pip = code === 0 ? ['-m', 'pip'] : [join(await pipWheel(into, env), 'pip')];
  const installed = await run(base.command, [...pip, 'install', '--target', into, ...LOCKED, '-r', list], { env });
  await rm(list, { force: true });
  if (installed.code === 0) return;
  await rm(into, { recursive: true, force: true });
  const said = installed.stderr.replace(/\s+/g, ' ').trim();
  // What the lock says is wrong, or the index it comes from is out of reach: only the second may pass.
  const wrong =
    /do not match the hashes|no matching distribution|could not find a version|invalid requirement|double requirement/i;
  throw new StepFailure(
    wrong.test(said) ? 'Input.Invalid' : 'Python.Unavailable',
    `The packages of the program's requirements.lock could not be installed: ${said.slice(-800)}`,
  );
}

/** The requirements of a lock, without those of packages another one names. A requirement goes on over lines that end in `\\`. */
export function without(lock: string, other: string): string {
  const names = new Set(requirements(other).map(nameOf));
  const own = new Map<string, string>();
  // Named twice (for two Pythons, or by two locks put together): the first of each that may hold on one Python.
  for (const requirement of requirements(lock)) {
    const name = nameOf(requirement);
    const key = requirement.includes(';') ? requirement : name;
    if (!names.has(name) && !own.has(name) && !own.has(key)) own.set(key, requirement);
  }
  return [...own.values()].map((requirement) => `${requirement}\n`).join('');
}

function requirements(lock: string): string[] {
  return lock
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** As package indexes compare names: `Foo_Bar` is `foo-bar`. */
function nameOf(requirement: string): string {
  return (/^[\w.-]+/.exec(requirement)?.[0] ?? requirement).toLowerCase().replace(/[-_.]+/g, '-');
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
