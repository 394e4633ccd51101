import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#lib/base/clock';
import type { Timer } from '#lib/local/timer';

/** A clock and timers that stand still until a test moves them. */
export class VirtualTime implements Clock, Timer {
  #now: number;
  readonly #alarms = new Set<{ at: number; run: () => void }>();

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const alarm = { at: this.#now + Math.max(0, milliseconds), run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Milliseconds until the next alarm; null when none is set. */
  get untilNextAlarm(): number | null {
    const times = [...this.#alarms].map(({ at }) => at - this.#now);
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Goes through every alarm on the way, letting what each woke come to rest. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await settled();
      const [next] = [...this.#alarms].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#alarms.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
    await settled();
  }
}

/** Until everything that can go on without time or input has gone on: a few turns of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
}
