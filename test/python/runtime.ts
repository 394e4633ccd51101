import { fileURLToPath } from 'node:url';
import type { PoolOptions } from '#lib/local/python/pool-options';
import { type LocalPython, localPython } from '#lib/local/python/python';

// One environment for all test files, made through the product's own door by whichever comes first.
const FOLDER = fileURLToPath(new URL('../../.dspex/test-python', import.meta.url));
export const MAKING_MS = 600_000;

/** The real Python with the real DSPy. The first one on a clean checkout takes a minute or two. */
export async function realPython(pool: PoolOptions = {}): Promise<LocalPython> {
  // Somebody else may hold the processor: a start is no test of speed.
  const python = localPython({ folder: FOLDER, pool: { size: 1, startTimeoutMs: 120_000, ...pool } });
  await python.prepare();
  return python;
}

export const PYTHON_FOLDER = FOLDER;
