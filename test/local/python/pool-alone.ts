import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '#lib/base/json';
import { HOST_FOLDER } from '#lib/local/python/host-folder';
import { Pool } from '#lib/local/python/pool';
import type { PoolOptions } from '#lib/local/python/pool-options';
import type { PythonCall } from '#lib/ports/python';

// The program itself: what the name on the PATH means may be a script that takes longer than Python.
export const PYTHON = execFileSync(process.env.DSPEX_PYTHON ?? 'python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();
const PROGRAM = fileURLToPath(new URL('program/main.py', import.meta.url));

/** A pool of real Python processes over `program/main.py`, for a process that is no test. */
export function poolHere(options: PoolOptions = {}, env: Record<string, string> = {}): Pool {
  return new Pool(
    {
      command: PYTHON,
      args: [PROGRAM],
      env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', HOST_FOLDER, ...env },
    },
    { size: 1, ...options },
  );
}

export function call(pool: Pool, operation: string, payload: JsonObject = {}, more: Partial<PythonCall> = {}) {
  return pool.call({ operation, payload, ...more });
}
