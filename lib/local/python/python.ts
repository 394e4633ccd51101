import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { failureOf, StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { Python, PythonCall, PythonPackages, PythonStatus } from '#lib/ports/python';
import { type OnPythonProgress, prepareEnvironment } from './environment.ts';
import { HOST_FOLDER } from './host-folder.ts';
import { prepareOverlay } from './overlay.ts';
import type { PythonEnvironment } from './pip.ts';
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

const BASE_LOCK = join(HOST_FOLDER, 'requirements.lock');

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
  let opening: Promise<PythonEnvironment> | undefined;
  // Workers of one pool import the same packages: one for the host's own, and one for each lock of an adopted program.
  const pools = new Map<string, Promise<Pool>>();
  const opened: Pool[] = [];

  const prepare = async (): Promise<PythonEnvironment> => {
    state = 'preparing';
    const made = await prepareEnvironment({
      folder,
      lock: BASE_LOCK,
      environment,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    await mkdir(join(folder, 'scratch'), { recursive: true });
    state = 'ready';
    reason = undefined;
    return made;
  };

  const prepared = (): Promise<PythonEnvironment> => {
    if (closed) return Promise.reject(new StepFailure('Python.Unavailable', 'the Python runtime is closed'));
    if (state === 'unavailable' && Date.now() - failedAt >= LOOK_AGAIN_MS) opening = undefined;
    opening ??= prepare().catch((error: unknown) => {
      state = 'unavailable';
      reason = failureOf(error).message;
      failedAt = Date.now();
      throw error;
    });
    return opening;
  };

  const openPool = async (packages: PythonPackages | undefined): Promise<Pool> => {
    const base = await prepared();
    const path = [HOST_FOLDER, ...(options.path ?? []), ...base.path];
    if (packages !== undefined) {
      const { key } = packages;
      const overlay = { folder: join(folder, 'overlays'), key, base, baseLock: BASE_LOCK, environment };
      path.push(await prepareOverlay({ ...overlay, lock: await packages.lock() }));
    }
    const home = join(folder, 'scratch');
    const lent = (environment.DSPEX_LENT_TO_PYTHON ?? '').split(',').filter((name) => name !== '');
    const pool = new Pool(
      {
        command: base.command,
        args: ['-m', 'dspex_host.worker'],
        env: workerEnvironment(environment, { home, path, lent }),
        cwd: home,
      },
      options.pool,
    );
    opened.push(pool);
    if (closed) await pool.close(0);
    return pool;
  };

  const poolFor = (packages: PythonPackages | undefined): Promise<Pool> => {
    const key = packages?.key ?? '';
    const known = pools.get(key);
    if (known !== undefined) return known;
    const made = openPool(packages);
    pools.set(key, made);
    // What could not be made is tried again by the next call.
    made.catch(() => pools.delete(key));
    return made;
  };

  return {
    prepare: async () => {
      await poolFor(undefined);
    },
    call: async (request: PythonCall): Promise<JsonObject> =>
      (await unlessAborted(poolFor(request.packages), request.signal)).call(request),
    status: () => ({
      state,
      ...(reason === undefined ? {} : { reason }),
      ...together(opened.map((pool) => pool.status())),
    }),
    close: async (graceMs) => {
      closed = true;
      await Promise.all(opened.map((pool) => pool.close(graceMs)));
      state = 'closed';
    },
  };
}

function together(all: readonly Omit<PythonStatus, 'state'>[]): Omit<PythonStatus, 'state'> {
  const sum = { workers: { starting: 0, idle: 0, busy: 0 }, queued: 0, counts: { calls: 0, started: 0, ended: {} } };
  return all.reduce<Omit<PythonStatus, 'state'>>((so, one) => {
    const ended = { ...so.counts.ended };
    for (const [why, count] of Object.entries(one.counts.ended)) ended[why] = (ended[why] ?? 0) + count;
    return {
      workers: {
        starting: so.workers.starting + one.workers.starting,
        idle: so.workers.idle + one.workers.idle,
        busy: so.workers.busy + one.workers.busy,
      },
      queued: so.queued + one.queued,
      counts: { calls: so.counts.calls + one.counts.calls, started: so.counts.started + one.counts.started, ended },
    };
  }, sum);
}

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
