/** Waiting comes from outside like the time, so that tests own both. */
export interface Timer {
  /** Calls `run` once after `milliseconds`; the answer cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

// setTimeout turns anything longer into 1 ms; whoever waits looks again anyway.
const LONGEST = 2 ** 31 - 1;

export const systemTimer: Timer = {
  after: (milliseconds, run) => {
    const timeout = setTimeout(run, Math.min(LONGEST, Math.max(0, milliseconds)));
    return () => clearTimeout(timeout);
  },
};
