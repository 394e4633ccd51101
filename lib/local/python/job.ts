import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { PythonCall } from '#lib/ports/python';

/** One call from its arrival to its answer, over as many workers as it takes. Settles once. */
export class Job {
  readonly request: PythonCall;
  readonly result: Promise<JsonObject>;
  /** Aborts when the job is over: what a dead worker asked of a model is still worth having for the next one. */
  readonly over = new AbortController();
  /** Processes that died under it, and those that were dead before they began it. */
  deaths = 0;
  misses = 0;
  stopWaiting: () => void = () => {};
  readonly #settle = Promise.withResolvers<JsonObject>();
  #cleanups: (() => void)[] = [];

  constructor(request: PythonCall) {
    this.request = request;
    this.result = this.#settle.promise;
  }

  get done(): boolean {
    return this.over.signal.aborted;
  }

  resolve(result: JsonObject): void {
    if (this.done) return;
    this.#finish();
    this.#settle.resolve(result);
  }

  reject(error: unknown): void {
    if (this.done) return;
    this.#finish();
    this.#settle.reject(error);
  }

  /** Calls `late` after so many milliseconds unless the job is over or the returned function was called. */
  after(milliseconds: number, late: () => void): () => void {
    const timer = setTimeout(late, milliseconds);
    const stop = () => clearTimeout(timer);
    this.#cleanups.push(stop);
    return stop;
  }

  /** Calls `aborted` when the caller gives up. */
  onAbort(aborted: () => void): void {
    const { signal } = this.request;
    if (signal === undefined) return;
    signal.addEventListener('abort', aborted, { once: true });
    this.#cleanups.push(() => signal.removeEventListener('abort', aborted));
  }

  #finish(): void {
    this.over.abort();
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}

export const cancelled = (): StepFailure => new StepFailure('Cancelled', 'the Python call was cancelled');

export function saturated(reason: 'pool_saturated' | 'queue_timeout', message: string): StepFailure {
  return new StepFailure('Python.Saturated', message, { details: { reason }, retryAfterSeconds: 1 });
}
