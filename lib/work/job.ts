import type { MessageOf } from '#lib/ports/messages';
import { carryOutEvaluation, giveUpEvaluation } from './evaluation.ts';
import type { Hold, Home } from './home.ts';
import { giveUpScore, scoreOnline } from './online-score.ts';

/** What the `job` queue brings: an evaluation, or an execution to score. */
export function carryOutJob(home: Home, message: MessageOf<'job'>, hold: Hold): Promise<void> {
  return 'firingId' in message ? scoreOnline(home, message, hold) : carryOutEvaluation(home, message, hold);
}

export function giveUpJob(home: Home, message: MessageOf<'job'>, reason: string): Promise<void> {
  return 'firingId' in message ? giveUpScore(home, message, reason) : giveUpEvaluation(home, message, reason);
}
