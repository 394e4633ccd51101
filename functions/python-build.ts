import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Unavailable } from '#lib/base/errors';

/** What `npm run layer` leaves behind (`cdk/layer/made.ts`). */
interface Made {
  as: 'layer' | 'image';
  bytes: number;
  lock?: string;
}

export interface PythonBuild {
  /** Where it lies: `python/`, and `made.json` beside it. */
  folder: string;
  /** Packages that adopted programs want beside DSPy's. */
  lock: string | undefined;
  /** Runs a script of this clone; false when it failed. */
  run(args: readonly string[]): Promise<boolean>;
  /** Tells whoever deploys. */
  say(text: string): void;
  /** Can images be built here? */
  hasDocker?: () => boolean;
}

/**
 * Builds Python for Lambda where it is not there yet, or is there with other packages. Throws Unavailable: `no_layer`, and
 * `no_docker` where what was built is too large for a layer and no image can be made of it.
 */
export async function buildPython({ folder, lock, run, say, hasDocker = docker }: PythonBuild): Promise<void> {
  const wanted = lock === undefined ? undefined : keyOf(lock);
  const found = existsSync(`${folder}/python/dspy`) ? madeIn(folder) : null;
  if (found === null || found.lock !== wanted)
    if (!(await run(['cdk/layer/build.ts', ...(lock === undefined ? [] : ['--with', lock])])))
      throw new Unavailable('no_layer', 'the Python layer could not be built; or say `"python": false` in the stage');
  const made = madeIn(folder);
  if (made.as === 'layer') return;
  const size = `${(made.bytes / 1024 / 1024).toFixed(0)} MB`;
  if (!hasDocker())
    throw new Unavailable(
      'no_docker',
      `Python with the packages of ${lock} has ${size}, and 240 MB fit into a layer: it becomes a container image, which takes Docker to build, and there is none here. Start Docker, or take packages out of the lock`,
    );
  say(`Python with the packages of ${lock} has ${size}: more than fits into a layer, so it becomes a container image.`);
}

function madeIn(folder: string): Made {
  const file = `${folder}/made.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Made) : { as: 'layer', bytes: 0 };
}

function keyOf(lock: string): string {
  if (!existsSync(lock))
    throw new Unavailable('no_lock', `the stage names the lock ${lock}, and there is no such file`);
  return createHash('sha256').update(readFileSync(lock)).digest('hex');
}

function docker(): boolean {
  return spawnSync('docker', ['version'], { stdio: 'ignore' }).status === 0;
}
