import { type SFNClient, StartSyncExecutionCommand } from '@aws-sdk/client-sfn';
import type { WorkflowRun } from '#lib/ports/workflows';
import { asking } from '../client/fault.ts';
import { driveName } from './names.ts';
import { inputOf } from './workflows.ts';

/** How an Express machine ended. `error` is the name that Fail and uncaught errors carry. */
export interface ExpressOutcome {
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  error: string | null;
  /** From AWS: seconds for which it is paid, and megabytes. */
  billed: { milliseconds: number; megabytes: number };
}

/** Longer than an Express execution may take. The call is not idempotent, so it is made once. */
export const EXPRESS_PATIENCE = { requestTimeoutMs: 310_000, maxAttempts: 1 };

/**
 * Runs the Express twin of a machine to its end, at most once: an unanswered call is Unavailable, and what became of it
 * stands in the execution's journal. `client` is made with EXPRESS_PATIENCE.
 */
export async function runExpress(client: SFNClient, machineArn: string, run: WorkflowRun): Promise<ExpressOutcome> {
  const answer = await asking(`run of ${machineArn}`, () =>
    client.send(
      new StartSyncExecutionCommand({
        stateMachineArn: machineArn,
        name: driveName(run.executionId, 1),
        input: inputOf(run),
      }),
    ),
  );
  const { billedDurationInMilliseconds = 0, billedMemoryUsedInMB = 0 } = answer.billingDetails ?? {};
  return {
    status: answer.status ?? 'FAILED',
    error: answer.error ?? null,
    billed: { milliseconds: billedDurationInMilliseconds, megabytes: billedMemoryUsedInMB },
  };
}
