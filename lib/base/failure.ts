import type { Json } from './json.ts';

/**
 * Why a step of a run failed. The `name` is what `retry`, `fallback` and a compiled state machine's Retry and Catch
 * match, so it is contract. Data, not a class: it crosses queues, journals and Lambda boundaries.
 */
export interface Failure {
  name: FailureName;
  message: string;
  /** May the same call succeed if it is made again? */
  retryable: boolean;
  retryAfterSeconds?: number;
  details?: { [key: string]: Json };
}

export const FAILURE_NAMES = [
  'Input.Invalid', // the step's inputs do not fit its signature
  'Output.Invalid', // the model's answer cannot be parsed into the signature's outputs
  'Expression.Failed', // an expression threw, or went over its step budget
  'Model.Throttled', // 429 from the provider
  'Model.Transient', // 5xx, network, truncated reply
  'Model.Refused', // 4xx: the request itself is wrong, or the key is
  'Model.Unavailable', // breaker open, or no such model here
  'Python.Unavailable', // no Python runtime here, or it cannot be made
  'Python.Saturated', // its queue is full, or the call waited in it too long
  'Python.Crashed', // the process died under the call
  'Python.Raised', // the code raised an exception
  'Module.Unsupported', // this module cannot be run here, whatever its inputs
  'Step.Timeout',
  'Effect.Failed',
  'Budget.Exceeded',
  'Cancelled',
  'Internal',
] as const;
export type FailureName = (typeof FAILURE_NAMES)[number];

const RETRYABLE: ReadonlySet<FailureName> = new Set([
  'Output.Invalid',
  'Model.Throttled',
  'Model.Transient',
  'Python.Saturated',
  'Python.Crashed',
  'Step.Timeout',
]);

/** An exception that carries a Failure, for code that throws. */
export class StepFailure extends Error {
  readonly failure: Failure;

  constructor(
    name: FailureName,
    message: string,
    options: Partial<Omit<Failure, 'name' | 'message'>> & { cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = name;
    this.failure = {
      name,
      message,
      retryable: options.retryable ?? RETRYABLE.has(name),
      ...(options.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: options.retryAfterSeconds }),
      ...(options.details === undefined ? {} : { details: options.details }),
    };
  }
}

/** Any thrown value as a Failure; what we did not name becomes `Internal` with its message. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Error && 'failure' in error) return (error as StepFailure).failure;
  if (error instanceof Error && error.name === 'AbortError')
    return { name: 'Cancelled', message: error.message, retryable: false };
  return { name: 'Internal', message: error instanceof Error ? error.message : String(error), retryable: false };
}
