import { readFile } from 'node:fs/promises';
import { sha256 } from '#lib/base/hash';
import type { PythonJob } from '#lib/optimizer/spec';
import type { PythonPackages } from '#lib/ports/python';

// Beside `lib`, in the sources as in the package.
const LOCK = new URL('../../python-lambda/optimizers.lock', import.meta.url);

/** Optimizers of DSPy that count with numpy, or search with optuna. */
const COUNTING: ReadonlySet<string> = new Set(['MIPROv2', 'SIMBA']);

/** What an optimizer needs beside the program's own packages: installed when the first of them runs, not for everybody. */
export async function optimizerPackages(
  { optimizer, config }: PythonJob,
  own: PythonPackages | undefined,
): Promise<PythonPackages | undefined> {
  const chained = Object.values((config.optimizers ?? {}) as Record<string, { optimizer?: string }>);
  const names = [optimizer, ...chained.map((one) => one.optimizer ?? '')];
  if (!names.some((name) => COUNTING.has(name))) return own;
  const lock = await readFile(LOCK, 'utf8');
  if (own === undefined) return { key: sha256(lock), lock: async () => lock };
  const both = `${await own.lock()}\n`;
  return { key: sha256(`${own.key} ${lock}`), lock: async () => `${both}${lock}` };
}
