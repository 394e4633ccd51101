import { failureOf, StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { PythonCall, PythonStatus } from '#lib/ports/python';
import { cancelled, Job, saturated } from './job.ts';
import { residentBytesOf } from './memory.ts';
import { POOL_DEFAULTS, type PoolOptions } from './pool-options.ts';
import { type Command, Worker } from './worker.ts';

// A start that fails is tried again this often before the calls that wait are told so.
const STARTS = 3;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * Long-lived workers, each serving one call at a time; calls wait first in, first out. A worker that is late is killed
 * and replaced; one that died under a repeatable call costs the call nothing but time.
 */
export class Pool {
  readonly #command: Command;
  readonly #options: Required<PoolOptions>;
  readonly #workers = new Set<Worker>();
  /** Of those, the ones that have said they are ready. */
  readonly #ready = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #queue: Job[] = [];
  readonly #running = new Set<Job>();
  readonly #graces = new WeakMap<Worker, NodeJS.Timeout>();
  readonly #counts = { calls: 0, started: 0, ended: {} as Record<string, number> };
  #starting = 0;
  #failedStarts = 0;
  #backoff: NodeJS.Timeout | undefined;
  #rounds: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  readonly #drained = Promise.withResolvers<void>();

  constructor(command: Command, options: PoolOptions = {}) {
    this.#command = command;
    this.#options = { ...POOL_DEFAULTS, ...options };
  }

  call(request: PythonCall): Promise<JsonObject> {
    this.#counts.calls += 1;
    const job = new Job(request);
    if (this.#closing !== undefined) job.reject(new StepFailure('Python.Unavailable', 'the Python pool is closing'));
    else if (request.signal?.aborted) job.reject(cancelled());
    else if (this.#idle.length === 0 && this.#queue.length >= this.#options.queueLimit) {
      const { queueLimit } = this.#options;
      job.reject(saturated('pool_saturated', `all Python workers are busy and ${queueLimit} calls wait already`));
    } else {
      this.#queue.push(job);
      this.#waiting(job);
      this.#fill();
    }
    return job.result;
  }

  status(): Omit<PythonStatus, 'state'> {
    const idle = this.#idle.length;
    return {
      workers: { starting: this.#starting, idle, busy: this.#ready.size - idle },
      queued: this.#queue.length,
      counts: { ...this.#counts, ended: { ...this.#counts.ended } },
    };
  }

  /** Processes alive now. */
  pids(): number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  /** Takes no more calls, finishes what it has, and ends every process; what is not done after `graceMs` fails. */
  close(graceMs = 10_000): Promise<void> {
    this.#closing ??= (async () => {
      const late = setTimeout(() => {
        for (const job of [...this.#queue.splice(0), ...this.#running])
          job.reject(new StepFailure('Python.Unavailable', 'the Python pool was closed before this call was done'));
        this.#drained.resolve();
      }, graceMs);
      if (this.#isEmpty()) this.#drained.resolve();
      await this.#drained.promise;
      clearTimeout(late);
      clearTimeout(this.#backoff);
      clearInterval(this.#rounds);
      const ends = [...this.#workers].map((worker) => {
        worker.end('closed');
        return worker.exited;
      });
      await Promise.all(ends);
    })();
    return this.#closing;
  }

  /** Gives waiting calls to idle workers, and begins workers for the rest. */
  #fill(): void {
    for (;;) {
      const worker = this.#queue.length > 0 ? this.#idle.pop() : undefined;
      const job = worker && this.#queue.shift();
      if (worker === undefined || job === undefined) break;
      void this.#serve(job, worker);
    }
    const wanted = Math.min(this.#queue.length - this.#starting, this.#options.size - this.#workers.size);
    if (this.#backoff !== undefined) return;
    // After a failure one start is a trial for all.
    const begun = this.#failedStarts > 0 ? Math.min(wanted, 1 - this.#starting) : wanted;
    for (let i = 0; i < begun; i++) void this.#start();
  }

  /** A waiting call gives up when its caller does, or when the pool serves and has not come to it in time. */
  #waiting(job: Job): void {
    const leave = (failure: StepFailure) => {
      const at = this.#queue.indexOf(job);
      if (at < 0) return;
      this.#queue.splice(at, 1);
      job.reject(failure);
      this.#settled();
    };
    const queueTimeoutMs = job.request.waitMs ?? this.#options.queueTimeoutMs;
    const late = () => {
      // Nobody serves yet: how long a start may take is another limit.
      if (this.#ready.size === 0) job.stopWaiting = job.after(queueTimeoutMs, late);
      else leave(saturated('queue_timeout', `no Python worker was free within ${queueTimeoutMs} ms`));
    };
    job.stopWaiting = job.after(queueTimeoutMs, late);
    job.onAbort(() => leave(cancelled()));
  }

  async #start(): Promise<void> {
    const worker = new Worker(this.#command);
    this.#workers.add(worker);
    this.#starting += 1;
    this.#counts.started += 1;
    void worker.exited.then(({ reason }) => this.#ended(worker, reason));
    const late = setTimeout(() => worker.end('start-timeout'), this.#options.startTimeoutMs);
    try {
      await worker.ready;
      this.#failedStarts = 0;
      this.#rounds ??= setInterval(() => this.#round(), this.#options.healthMs).unref();
      this.#starting -= 1;
      this.#ready.add(worker);
      this.#free(worker);
    } catch (error) {
      this.#starting -= 1;
      this.#failedStarts += 1;
      this.#afterFailedStart(failureOf(error).message);
    } finally {
      clearTimeout(late);
    }
  }

  #afterFailedStart(why: string): void {
    if (this.#failedStarts >= STARTS && this.#ready.size === 0) {
      const failure = new StepFailure('Python.Unavailable', `the Python worker does not start: ${why}`);
      for (const job of this.#queue.splice(0)) job.reject(failure);
      this.#settled();
    }
    const waitMs = Math.min(this.#options.backoffMs * 2 ** (this.#failedStarts - 1), LONGEST_BACKOFF_MS);
    clearTimeout(this.#backoff);
    this.#backoff = setTimeout(() => {
      this.#backoff = undefined;
      this.#fill();
    }, waitMs);
  }

  #ended(worker: Worker, reason: string): void {
    this.#workers.delete(worker);
    this.#ready.delete(worker);
    const at = this.#idle.indexOf(worker);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#counts.ended[reason] = (this.#counts.ended[reason] ?? 0) + 1;
    this.#fill();
  }

  async #serve(job: Job, worker: Worker): Promise<void> {
    const { request } = job;
    const { callTimeoutMs, cancelGraceMs } = this.#options;
    job.stopWaiting();
    this.#running.add(job);
    const timeoutMs = request.timeoutMs ?? callTimeoutMs;
    const stop = job.after(timeoutMs, () => {
      worker.end('timeout');
      job.reject(new StepFailure('Step.Timeout', `${request.operation} took longer than ${timeoutMs} ms in Python`));
    });
    job.onAbort(() => {
      worker.cancel();
      const late = setTimeout(() => worker.end('cancelled'), cancelGraceMs);
      void worker.exited.then(() => clearTimeout(late));
      this.#graces.set(worker, late);
      job.reject(cancelled());
    });
    try {
      job.resolve(await worker.call(request, job.over.signal));
    } catch (error) {
      const died = failureOf(error).name === 'Python.Crashed' && worker.ended;
      if (died && this.#maySurvive(job, worker) && !job.done && this.#closing === undefined) {
        this.#queue.unshift(job);
        this.#waiting(job);
      } else job.reject(error);
    } finally {
      stop();
      this.#running.delete(job);
      clearTimeout(this.#graces.get(worker));
      this.#free(worker);
      this.#settled();
    }
  }

  /** Whether a call may be given to another process after this one died with it. */
  #maySurvive(job: Job, { begun }: Worker): boolean {
    const { attempts, size } = this.#options;
    // What was never begun may be begun elsewhere, whatever it does; all that stood idle may have died together.
    if (!begun) return ++job.misses <= size;
    return ++job.deaths < attempts && job.request.repeatable === true;
  }

  /** A worker without a call: put to the next one, or replaced when it has had its time. */
  #free(worker: Worker): void {
    // However short its time is, one call it serves.
    const worn = worker.calls === 0 ? undefined : this.#worn(worker);
    if (worn !== undefined) worker.end(worn);
    else if (!worker.ended) this.#idle.push(worker);
    this.#fill();
  }

  #worn({ calls, startedAt, residentBytes }: Worker): string | undefined {
    const { maxCalls, maxAgeMs, maxBytes } = this.#options;
    if (calls >= maxCalls) return 'recycled-calls';
    if (Date.now() - startedAt >= maxAgeMs) return 'recycled-age';
    if (residentBytes > maxBytes) return 'recycled-memory';
    return undefined;
  }

  /** Looks after everybody: the grown are ended whatever they do, the idle are asked whether they still answer. */
  #round(): void {
    for (const worker of this.#workers) {
      const bytes = worker.pid === undefined ? undefined : residentBytesOf(worker.pid);
      // Twice the limit in the middle of a call: it would take the machine with it before it is done.
      if (bytes !== undefined && bytes > 2 * this.#options.maxBytes) worker.end('memory');
    }
    for (const worker of [...this.#idle]) {
      if (Date.now() - worker.idleSince >= this.#options.idleMs) worker.end('idle');
      else void this.#check(worker);
    }
  }

  async #check(worker: Worker): Promise<void> {
    const at = this.#idle.indexOf(worker);
    if (at < 0 || worker.ended) return;
    this.#idle.splice(at, 1);
    const { idleSince } = worker;
    const late = setTimeout(() => worker.end('unhealthy'), this.#options.healthTimeoutMs);
    try {
      await worker.call({ operation: 'health', payload: {} }, new AbortController().signal);
      worker.calls -= 1;
      worker.idleSince = idleSince;
    } catch {
      worker.end('unhealthy');
    } finally {
      clearTimeout(late);
      this.#free(worker);
    }
  }

  #settled(): void {
    if (this.#closing !== undefined && this.#isEmpty()) this.#drained.resolve();
  }

  #isEmpty(): boolean {
    return this.#queue.length === 0 && this.#running.size === 0;
  }
}
