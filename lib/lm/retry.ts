import type { StepFailure } from '#lib/base/failure';
import type { Leave } from './leave.ts';
import type { Timer } from './timer.ts';

/** Keeps retries of one gateway below a tenth of its calls, with ten in hand, so that an outage is not made worse. */
export interface RetryBudget {
  called(): void;
  /** Takes one retry; false when there is none left. */
  take(): boolean;
}

export function createRetryBudget(share = 0.1, reserve = 10): RetryBudget {
  let tokens = reserve;
  return {
    called() {
      tokens = Math.min(tokens + share, Math.max(reserve, 100));
    },
    take() {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}

export interface RetryOptions {
  /** Retries after the first try: at most 3. */
  maxRetries: number;
  /** Epoch milliseconds after which no new try begins. */
  deadline: number;
  budget: RetryBudget;
  timer: Timer;
  /** Uniform in [0, 1). */
  random: () => number;
  signal: Leave | undefined;
}

const BASE_MS = 500;
const CEILING_MS = 20_000;

/**
 * Tries until it works, waiting a uniform random share of a doubling span (full jitter: Marc Brooker, AWS Architecture
 * Blog, 2015) or as long as the provider asked. `attempt` throws StepFailure; only a retryable one is tried again.
 */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { maxRetries, deadline, budget, timer, random, signal } = options;
  for (let tried = 0; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const { failure } = error as StepFailure;
      const waitMs = Math.max(
        random() * Math.min(CEILING_MS, BASE_MS * 2 ** tried),
        (failure?.retryAfterSeconds ?? 0) * 1000,
      );
      const again = failure?.retryable === true && tried < Math.min(maxRetries, 3) && timer.now() + waitMs < deadline;
      if (!again || signal?.aborted || !budget.take()) throw error;
      await wait(timer, waitMs, signal);
    }
  }
}

/** A timer heeds a signal of the platform's only, which is made for the rare call that waits. */
async function wait(timer: Timer, milliseconds: number, signal: Leave | undefined): Promise<void> {
  if (signal === undefined) return timer.sleep(milliseconds);
  const controller = new AbortController();
  const leave = () => controller.abort(signal.reason);
  signal.addEventListener('abort', leave, { once: true });
  try {
    await timer.sleep(milliseconds, controller.signal);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
