import type { Clock } from '#lib/base/clock';
import type { QueueName } from '#lib/ports/queue';
import type { Timer } from '../timer.ts';

/** The wait of one receiver. It listens from the moment it is made; `end` must be called. */
export interface Nap {
  /** Ends at that time (milliseconds), when something may have come, or when the signal aborts. */
  until(time: number): Promise<void>;
  end(): void;
}

/** Wakes those who wait for a message of a queue, in this process. */
export class Wake {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #sleepers = new Map<QueueName, Set<() => void>>();

  constructor(clock: Clock, timer: Timer) {
    this.#clock = clock;
    this.#timer = timer;
  }

  nap(queue: QueueName, signal?: AbortSignal): Nap {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    const sleepers = this.#sleepers.get(queue) ?? new Set();
    this.#sleepers.set(queue, sleepers);
    sleepers.add(wake);
    const aborted = () => wake();
    signal?.addEventListener('abort', aborted);
    return {
      until: async (time) => {
        const cancel = this.#timer.after(time - this.#clock.now(), wake);
        if (signal?.aborted === true) wake();
        await woken;
        cancel();
      },
      end: () => {
        sleepers.delete(wake);
        // A worker's signal outlives thousands of naps.
        signal?.removeEventListener('abort', aborted);
      },
    };
  }

  /** All of them: one who is woken for nothing sleeps again, one who is forgotten would wait in vain. */
  wake(queue: QueueName): void {
    for (const wake of [...(this.#sleepers.get(queue) ?? [])]) wake();
  }

  wakeAll(): void {
    for (const queue of this.#sleepers.keys()) this.wake(queue);
  }
}
