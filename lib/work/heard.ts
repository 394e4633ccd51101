import type { DomainEvent } from '#lib/ports/events';
import type { Home } from './home.ts';
import { promoteProven } from './promotion.ts';
import { fireTriggers } from './trigger.ts';
import { sendEvent } from './webhook-events.ts';

/**
 * Everything of ours that listens to events. All of it is idempotent: an event may come twice, late and out of order.
 * Gives the ids of firings.
 */
export async function heard(home: Home, event: DomainEvent): Promise<string[]> {
  const fired = await fireTriggers(home, event);
  await promoteProven(home, event);
  await sendEvent(home, event);
  return fired;
}
