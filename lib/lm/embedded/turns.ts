/** One at a time, in the order of arrival; who is aborted while waiting never runs. */
export interface Turns {
  run<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    run(signal, work) {
      const mine = tail.then(() => {
        signal?.throwIfAborted();
        return work();
      });
      tail = mine.catch(() => {});
      return mine;
    },
  };
}
