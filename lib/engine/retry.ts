import type { Failure } from '#lib/base/failure';
import type { StepBase } from '#lib/program/plan';

type Retry = StepBase['retry'];

/** Whether a failed attempt is followed by another; `attempt` counts from 1. */
export function triesAgain(retry: Retry, failure: Failure, attempt: number): boolean {
  if (attempt >= retry.maxAttempts || failure.name === 'Cancelled') return false;
  return retry.on === undefined ? failure.retryable : retry.on.includes(failure.name);
}

/**
 * Milliseconds before the attempt after `attempt`: exponential, capped, and with full jitter a uniform share of that
 * (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015). Never sooner than the failure asked for.
 */
export function waitMs(retry: Retry, failure: Failure, attempt: number, random: () => number): number {
  const seconds = Math.min(retry.maxDelaySeconds, retry.intervalSeconds * retry.backoffRate ** (attempt - 1));
  const share = retry.jitter ? random() : 1;
  return Math.max(seconds * share, failure.retryAfterSeconds ?? 0) * 1000;
}
