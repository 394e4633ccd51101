import type { FailureName } from '#lib/base/failure';
import type { StepBase } from '#lib/program/plan';
import type { Retrier } from './asl.ts';
import { UNAVAILABLE } from './contract.ts';

/**
 * Failures that may say of themselves that they are worth another attempt; the ones of them that are not are thrown as
 * `.Final` and so pass by the retrier.
 */
export const MAY_BE_RETRYABLE: readonly FailureName[] = [
  'Output.Invalid',
  'Model.Throttled',
  'Model.Transient',
  'Model.Unavailable',
  'Step.Timeout',
  'Effect.Failed',
];

/** What Lambda itself says when it could not run the function: nothing was done, so it costs no attempt. */
const NOT_RUN = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  UNAVAILABLE,
];
/** The function went away: its journal says what it had done, and the next call goes on from there. */
const CUT_OFF = ['Lambda.Unknown', 'Sandbox.Timedout', 'States.Timeout'];

export const NOT_RUN_RETRIER: Retrier = {
  ErrorEquals: NOT_RUN,
  IntervalSeconds: 1,
  MaxAttempts: 6,
  BackoffRate: 2,
  MaxDelaySeconds: 30,
  JitterStrategy: 'FULL',
};
export const CUT_OFF_RETRIER: Retrier = {
  ErrorEquals: CUT_OFF,
  IntervalSeconds: 1,
  MaxAttempts: 1,
  BackoffRate: 2,
  JitterStrategy: 'FULL',
};

/** The failures a step's own Retry lists. */
export function retriedNames(retry: StepBase['retry']): readonly FailureName[] {
  if (retry.maxAttempts <= 1) return [];
  return retry.on === undefined ? MAY_BE_RETRYABLE : [...new Set(retry.on)].filter((name) => name !== 'Cancelled');
}

/** The node's own policy. Step Functions waits whole seconds, at least one. */
export function ownRetrier(retry: StepBase['retry']): Retrier[] {
  const names = retriedNames(retry);
  if (names.length === 0) return [];
  const most = Math.max(1, Math.ceil(retry.maxDelaySeconds));
  const interval = Math.min(most, Math.max(1, Math.ceil(retry.intervalSeconds)));
  return [
    {
      ErrorEquals: [...names],
      IntervalSeconds: interval,
      MaxAttempts: retry.maxAttempts - 1,
      BackoffRate: interval === most ? 1 : retry.backoffRate,
      ...(interval === most ? {} : { MaxDelaySeconds: most }),
      JitterStrategy: retry.jitter ? 'FULL' : 'NONE',
    },
  ];
}
