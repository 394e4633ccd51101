import { executionOf } from '#lib/aws/sfn/names';
import { DspexError } from '#lib/base/errors';
import { giveUpExecution } from '#lib/work/execution';
import { actingFor } from '#lib/work/home';
import { answerStep } from '#lib/work/step';
import type { Aws } from '../wire-aws.ts';

/** "Step Functions Execution Status Change", as far as it is read. */
export interface MachineEnded {
  detail: { name: string; status: string; input: string; error?: string };
}

/**
 * Closes the record of a run whose machine has ended without closing it: stopped, out of time, or failed where no state
 * catches. Does nothing when the record is closed, or when another drive has taken over.
 */
export async function closeEnded({ work }: Pick<Aws, 'work'>, { detail }: MachineEnded): Promise<void> {
  const { name: drive, status, input, error = endOf(status) } = detail;
  const { executionId } = executionOf(drive);
  const { workspaceId, principal = 'system' } = JSON.parse(input) as { workspaceId: string; principal?: string };
  const origin = { workspaceId, principal, executionId };
  const record = await actingFor(work, origin).get<{ state: string; lease: string | null }>('Execution', executionId);
  if (record.state !== 'pending' && record.state !== 'running') return;
  if (record.lease !== null && record.lease !== drive) return;
  try {
    await answerStep(work, { op: 'failed', run: { workspaceId, executionId, principal, drive }, error });
  } catch (failure) {
    // The step's own way to close it needs the program; a record can be closed without.
    if (DspexError.is(failure) && failure.status === 503) throw failure;
    await giveUpExecution(work, origin, `its state machine ended with ${error}`);
  }
}

const ENDS: Readonly<Record<string, string>> = { TIMED_OUT: 'States.Timeout', ABORTED: 'Cancelled' };
const endOf = (status: string): string => ENDS[status] ?? 'States.Runtime';
