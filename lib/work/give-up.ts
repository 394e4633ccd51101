import type { MessageOf } from '#lib/ports/messages';
import type { QueueName } from '#lib/ports/queue';
import { giveUpExecution } from './execution.ts';
import type { Home } from './home.ts';
import { giveUpJob } from './job.ts';
import { giveUpOptimization } from './tick.ts';

type GiveUp = { [Q in QueueName]: (home: Home, message: MessageOf<Q>, reason: string) => Promise<void> };

/**
 * A message that has failed as often as it may becomes a dead letter, and nobody works on its record any more: the record
 * says so, with the reason, instead of running for ever.
 */
export const giveUp: GiveUp = {
  execution: giveUpExecution,
  job: giveUpJob,
  tick: giveUpOptimization,
  slice: (home, message, reason) => giveUpOptimization(home, message, `slice ${message.sliceId}: ${reason}`),
};
