import type { DomainEvent } from '#lib/ports/events';
import type { Home } from './home.ts';
import { fireTriggers } from './trigger.ts';
import { sendEvent } from './webhook-events.ts';

/** Everything of ours that listens to events. All of it is idempotent: an event may come twice, late and out of order. */
export async function heard(home: Home, event: DomainEvent): Promise<void> {
  await fireTriggers(home, event);
  await sendEvent(home, event);
}
