import { DspexError, Unavailable } from '#lib/base/errors';
import type { MessageOf } from '#lib/ports/messages';
import { giveUpExecution } from '#lib/work/execution';
import { actingFor } from '#lib/work/home';
import type { Aws } from '../wire-aws.ts';
import { closeEnded } from './ended.ts';

interface Run {
  state: string;
  redrives: number;
  startedAt: string | null;
  lease: string | null;
}

/** Who waits for a run waits no longer than this, and then its process has ended, too. */
const DRIVEN_HERE_MS = 60_000;

/**
 * Starts a run's state machine, whatever came before: a run that has ended is left alone, one that somebody drives while
 * waiting for it is left to them as long as they can live, one that was asked for again gets its next drive. One whose
 * machine is over and never told so is closed as the machine ended: the news of it are delivered as well as they can be.
 */
export async function startRun(
  { work, home }: Pick<Aws, 'work'> & { home: Pick<Aws['home'], 'workflows'> },
  message: MessageOf<'execution'>,
): Promise<void> {
  const { workspaceId, executionId, principal } = message;
  const { state, redrives, startedAt, lease } = await actingFor(work, message).get<Run>('Execution', executionId);
  if (state !== 'pending' && state !== 'running') return;
  const run = { workspaceId, executionId, principal };
  // A machine's lease is the name of its execution.
  const elsewhere = state === 'running' && lease !== null && !lease.startsWith(executionId);
  if (elsewhere && startedAt !== null && work.clock.now() - Date.parse(startedAt) < DRIVEN_HERE_MS)
    throw new Unavailable('driven_elsewhere', `${executionId} is driven by who waits for it`);
  try {
    if (redrives > 0) await home.workflows.redrive(run);
    else {
      const over = await home.workflows.begin(run);
      if (over !== null) await closeEnded({ work }, { detail: over });
    }
  } catch (error) {
    // No delivery of the message would find it otherwise.
    if (!DspexError.is(error) || error.status >= 500) throw error;
    await giveUpExecution(work, message, error.message);
  }
}
