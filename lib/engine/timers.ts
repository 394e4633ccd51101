import type { Timers } from './engine.ts';

// setTimeout fires at once when asked for more.
const LONGEST_MS = 2 ** 31 - 1;

export const systemTimers: Timers = (milliseconds, run) => {
  const timer = setTimeout(run, Math.min(milliseconds, LONGEST_MS));
  return () => clearTimeout(timer);
};

/** Resolves after a while, or as soon as the signal aborts. */
export function sleep(milliseconds: number, timers: Timers, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted || milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = timers(milliseconds, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}
