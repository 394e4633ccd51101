import { join } from 'node:path';
import { StepFailure } from '#lib/base/failure';
import type { FoundPython } from './find-python.ts';
import { pipWheel } from './pip-wheel.ts';
import { run } from './run.ts';

/** A Python with every package of the lock. */
export interface PythonEnvironment {
  command: string;
  /** Folders for PYTHONPATH, where the packages are not inside a virtual environment. */
  path: string[];
}

/** How packages get into `target`, and what the Python there is called afterwards. */
interface Pip {
  command: string;
  args: string[];
  made: PythonEnvironment;
}

/**
 * A virtual environment with its own pip where Python can make one. Distributions that cut `venv` or `pip` out of
 * Python still can be installed into a plain folder, by their pip or by one fetched from the index.
 */
export async function pipOf(python: FoundPython, target: string, env: NodeJS.ProcessEnv): Promise<Pip> {
  const inside = join(target, 'venv', 'bin', 'python');
  const venv = await run(python.command, ['-m', 'venv', '--clear', join(target, 'venv')], { env });
  if (venv.code === 0) {
    const works = await run(inside, ['-m', 'pip', '--version'], { env });
    if (works.code === 0) {
      return { command: inside, args: ['-m', 'pip', 'install'], made: { command: inside, path: [] } };
    }
  }
  const path = join(target, 'packages');
  const into = ['install', '--target', path];
  const own = await run(python.command, ['-m', 'pip', '--version'], { env });
  const command = await executableOf(python, env);
  const made = { command, path: [path] };
  if (own.code === 0) return { command, args: ['-m', 'pip', ...into], made };
  const wheel = await pipWheel(target, env);
  // A wheel of pip can be run as it is.
  return { command, args: [join(wheel, 'pip'), ...into], made };
}

/** The program itself rather than a name on the PATH, which may mean another Python tomorrow. */
async function executableOf(python: FoundPython, env: NodeJS.ProcessEnv): Promise<string> {
  const { code, stdout } = await run(python.command, ['-c', 'import sys; print(sys.executable)'], { env });
  if (code === 0 && stdout !== '') return stdout;
  throw new StepFailure('Python.Unavailable', `${python.command} does not say where it is`);
}
