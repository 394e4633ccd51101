import { StepFailure } from '#lib/base/failure';
import { run } from './run.ts';

/** Minor versions whose prompts are the same byte for byte, and for which the lock holds every wheel. */
const OLDEST = 11;
const NEWEST = 13;
const NAMES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'];

export interface FoundPython {
  command: string;
  /** As in `3.12.4`. */
  version: string;
}

/**
 * A CPython of the supported range: `DSPEX_PYTHON` alone when it is set, else the first that fits on the PATH. Throws
 * `Python.Unavailable` saying what was looked for and what was there.
 */
export async function findPython(environment: Readonly<Record<string, string | undefined>>): Promise<FoundPython> {
  const chosen = environment.DSPEX_PYTHON;
  const names = chosen === undefined || chosen === '' ? NAMES : [chosen];
  const seen: string[] = [];
  for (const command of names) {
    const { code, stdout } = await run(command, ['-c', 'import platform; print(platform.python_version())'], {
      env: { PATH: environment.PATH ?? '' },
    });
    const version = /^3\.(\d+)\.\S+$/.exec(stdout.trim());
    if (code !== 0 || version === null) continue;
    const minor = Number(version[1]);
    if (minor >= OLDEST && minor <= NEWEST) return { command, version: version[0] };
    seen.push(`${command} is ${version[0]}`);
  }
  const found = seen.length === 0 ? `none of ${names.join(', ')} runs` : seen.join(', ');
  throw new StepFailure(
    'Python.Unavailable',
    `Python modules need CPython 3.${OLDEST} to 3.${NEWEST}, but ${found}. Install one or set DSPEX_PYTHON to it.`,
  );
}
