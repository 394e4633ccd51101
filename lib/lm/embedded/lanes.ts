/** Workers of which each does one thing at a time; work waits in the order of arrival for one that is free. */
export interface Lanes<L> {
  /** `prefer` ranks the free lanes (higher first). Who is aborted while waiting never runs. */
  run<T>(prefer: (lane: L) => number, signal: AbortSignal | undefined, work: (lane: L) => Promise<T>): Promise<T>;
}

/** `open` makes the next lane when all are busy and there are fewer than `limit`. */
export function createLanes<L>(limit: number, open: () => Promise<L>): Lanes<L> {
  const free: L[] = [];
  const waiting: (() => void)[] = [];
  let opened = 0;

  const take = async (prefer: (lane: L) => number): Promise<L> => {
    for (;;) {
      const best = free.reduce<L | undefined>((a, b) => (a === undefined || prefer(b) > prefer(a) ? b : a), undefined);
      if (best !== undefined) {
        free.splice(free.indexOf(best), 1);
        return best;
      }
      if (opened < limit) {
        opened += 1;
        try {
          return await open();
        } catch (error) {
          opened -= 1;
          waiting.shift()?.();
          throw error;
        }
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };

  return {
    async run(prefer, signal, work) {
      const lane = await take(prefer);
      try {
        signal?.throwIfAborted();
        return await work(lane);
      } finally {
        free.push(lane);
        waiting.shift()?.();
      }
    },
  };
}
