import type { MessageOf } from '#lib/ports/messages';
import { carryOutEvaluation, giveUpEvaluation } from './evaluation.ts';
import type { Hold, Home } from './home.ts';
import { giveUpScore, scoreOnline } from './online-score.ts';
import { deliver, giveUpDelivery } from './webhook-delivery.ts';

/** What the `job` queue brings: an evaluation, an execution to score, or an event to deliver. */
export function carryOutJob(home: Home, message: MessageOf<'job'>, hold: Hold): Promise<void> {
  if ('deliveryId' in message) return deliver(home, message, hold);
  return 'firingId' in message ? scoreOnline(home, message, hold) : carryOutEvaluation(home, message, hold);
}

export function giveUpJob(home: Home, message: MessageOf<'job'>, reason: string): Promise<void> {
  if ('deliveryId' in message) return giveUpDelivery(home, message, reason);
  return 'firingId' in message ? giveUpScore(home, message, reason) : giveUpEvaluation(home, message, reason);
}
