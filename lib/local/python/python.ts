import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { failureOf, StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { Python, PythonCall, PythonStatus } from '#lib/ports/python';
import { type OnPythonProgress, prepareEnvironment } from './environment.ts';
import { HOST_FOLDER } from './host-folder.ts';
import { Pool } from './pool.ts';
import type { PoolOptions } from './pool-options.ts';
import { workerEnvironment } from './scrub.ts';

export interface LocalPythonOptions {
  /** Where the environment and the workers' scratch folder are kept: `<data>/python`. */
  folder: string;
  environment?: Readonly<Record<string, string | undefined>>;
  /** Of the environment, while the first call makes it. */
  onProgress?: OnPythonProgress;
  pool?: PoolOptions;
  /** More folders to import from, before the installed packages. */
  path?: readonly string[];
}

export interface LocalPython extends Python {
  /** Makes the environment now instead of at the first call. Throws `Python.Unavailable`. */
  prepare(): Promise<void>;
  close(graceMs?: number): Promise<void>;
}

// A Python that is missing may be installed while the server runs: it is looked for again, but not for every call.
const LOOK_AGAIN_MS = 10_000;

/**
 * The Python port on processes beside this one. Nothing is begun before the first call: that one makes the environment
 * from the hashed lock (minutes, once for a data folder) and the first worker.
 *
 *     const python = localPython({ folder: '.dspex/python' });
 *     await python.call({ operation: 'describe', payload: {} });   // { versions: { dspy: '3.4.1', ... }, ... }
 *     await python.close();
 */
export function localPython(options: LocalPythonOptions): LocalPython {
  const { environment = process.env, onProgress } = options;
  const folder = resolve(options.folder);
  let state: PythonStatus['state'] = 'cold';
  let reason: string | undefined;
  let failedAt = 0;
  let closed = false;
  let opening: Promise<Pool> | undefined;
  let pool: Pool | undefined;

  const open = async (): Promise<Pool> => {
    state = 'preparing';
    const made = await prepareEnvironment({
      folder,
      lock: join(HOST_FOLDER, 'requirements.lock'),
      environment,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const home = join(folder, 'scratch');
    await mkdir(home, { recursive: true });
    const lent = (environment.DSPEX_LENT_TO_PYTHON ?? '').split(',').filter((name) => name !== '');
    pool = new Pool(
      {
        command: made.command,
        args: ['-m', 'dspex_host.worker'],
        env: workerEnvironment(environment, {
          home,
          path: [HOST_FOLDER, ...(options.path ?? []), ...made.path],
          lent,
        }),
        cwd: home,
      },
      options.pool,
    );
    state = 'ready';
    reason = undefined;
    if (closed) await pool.close(0);
    return pool;
  };

  const opened = (): Promise<Pool> => {
    if (closed) return Promise.reject(new StepFailure('Python.Unavailable', 'the Python runtime is closed'));
    if (state === 'unavailable' && Date.now() - failedAt >= LOOK_AGAIN_MS) opening = undefined;
    opening ??= open().catch((error: unknown) => {
      state = 'unavailable';
      reason = failureOf(error).message;
      failedAt = Date.now();
      throw error;
    });
    return opening;
  };

  return {
    prepare: async () => {
      await opened();
    },
    call: async (request: PythonCall): Promise<JsonObject> =>
      (await unlessAborted(opened(), request.signal)).call(request),
    status: () => ({
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(pool?.status() ?? NOTHING),
    }),
    close: async (graceMs) => {
      closed = true;
      await pool?.close(graceMs);
      state = 'closed';
    },
  };
}

const NOTHING: Omit<PythonStatus, 'state'> = {
  workers: { starting: 0, idle: 0, busy: 0 },
  queued: 0,
  counts: { calls: 0, started: 0, ended: {} },
};

/** Whoever gives up while the environment is being made need not wait for it. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: either, resolve: settle, reject } = Promise.withResolvers<T>();
  const aborted = () => reject(new StepFailure('Cancelled', 'the Python call was cancelled'));
  if (signal.aborted) aborted();
  signal.addEventListener('abort', aborted, { once: true });
  promise.then(settle, reject).finally(() => signal.removeEventListener('abort', aborted));
  return either;
}
