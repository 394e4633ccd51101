import { onTestFinished } from 'vitest';
import { type Failure, failureOf } from '#lib/base/failure';
import type { Pool } from '#lib/local/python/pool';
import type { PoolOptions } from '#lib/local/python/pool-options';
import { poolHere as poolAlone } from './pool-alone.ts';

export { call } from './pool-alone.ts';

/** A pool of real Python processes over `program/main.py`; closed with the test. */
export function poolHere(options: PoolOptions = {}, env: Record<string, string> = {}): Pool {
  const pool = poolAlone(options, env);
  onTestFinished(() => pool.close(0));
  return pool;
}

/** What a call fails with. */
export async function failure(promise: Promise<unknown>): Promise<Failure> {
  const value = await promise.then(
    (result) => ({ result }),
    (error: unknown) => failureOf(error),
  );
  if ('result' in value) throw new Error(`it succeeded with ${JSON.stringify(value.result)}`);
  return value;
}

/** Resolves with the first thing an operation tells. */
export function first(): { told: Promise<unknown>; onProgress: (value: unknown) => void } {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { told: promise, onProgress: resolve };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
