import { systemTimer, type Timer } from './timer.ts';

export interface Patrol {
  /** Begins no further round; `over` resolves when the one under way has ended. */
  stop(): void;
  over(): Promise<void>;
}

/** Makes a round at once, and again so many milliseconds after each has ended, whatever came of it. */
export function patrol(
  milliseconds: number,
  round: () => Promise<unknown>,
  onFailure: (error: unknown) => void,
  timer: Timer = systemTimer,
): Patrol {
  let stopped = false;
  let cancel = (): void => {};
  let running: Promise<void> = Promise.resolve();
  const go = (): void => {
    running = (async () => {
      try {
        await round();
      } catch (error) {
        if (!stopped) onFailure(error);
      }
      if (!stopped) cancel = timer.after(milliseconds, go);
    })();
  };
  go();
  return {
    stop: () => {
      stopped = true;
      cancel();
    },
    over: () => running,
  };
}
