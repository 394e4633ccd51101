import type { Clock } from '#lib/base/clock';
import type { Timers } from '#lib/engine/engine';

/** Time that passes only when nobody has anything else to do: an hour of waiting takes no time, in the same order. */
export function virtualTime(start = 1_800_000_000_000): { clock: Clock; timers: Timers; now(): number } {
  let now = start;
  let sequence = 0;
  let pumping = false;
  const waiting = new Map<number, { at: number; run: () => void }>();
  const pump = (): void => {
    pumping = false;
    let next: [number, { at: number; run: () => void }] | undefined;
    for (const entry of waiting) if (next === undefined || entry[1].at < next[1].at) next = entry;
    if (next === undefined) return;
    waiting.delete(next[0]);
    now = Math.max(now, next[1].at);
    next[1].run();
    schedule();
  };
  // After two turns of the event loop every promise that can go on has done so.
  const schedule = (): void => {
    if (pumping || waiting.size === 0) return;
    pumping = true;
    setImmediate(() => setImmediate(pump));
  };
  return {
    now: () => now,
    clock: { now: () => now },
    timers: (milliseconds, run) => {
      const id = sequence++;
      waiting.set(id, { at: now + Math.max(0, milliseconds), run });
      schedule();
      return () => waiting.delete(id);
    },
  };
}
