import { idFrom } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import type { DomainEvent } from '#lib/ports/events';
import { every } from '#lib/resources/every';
import { wants } from '#lib/resources/webhook/attributes';
import { actingFor, type Home } from './home.ts';
import { isTooLate } from './too-late.ts';

interface WebhookRecord {
  id: string;
  createdAt: string;
  createdBy: string;
  events: string[];
}

/** What a delivery itself brings about is not delivered again: it would never end. */
const SILENT = /^(Delivery\.|Webhook\.(report|ping)$)/;

/** One delivery for a webhook and an event, whoever notices it and however often. */
export function deliveryId(eventId: string, webhookId: string): string {
  return idFrom('dlv', eventId, webhookId);
}

/** Puts an event on its way to every webhook that wants it. Heard again, late or out of order, it adds nothing. */
export async function sendEvent(home: Home, event: DomainEvent): Promise<string[]> {
  if (SILENT.test(event.type)) return [];
  const sent: string[] = [];
  const system = actingFor(home, { workspaceId: event.workspaceId, principal: 'system' });
  for await (const webhook of every<WebhookRecord>(system, 'Webhook', { filter: { state: 'enabled' } })) {
    // An event from before the webhook can still be under way.
    if (!wants(webhook.events, event.type) || event.time < webhook.createdAt) continue;
    const id = deliveryId(event.id, webhook.id);
    const { type, subject, principal, time, data } = event;
    const happening = { id: event.id, type, subject, principal, time, data };
    const input: JsonObject = { webhookId: webhook.id, event: happening };
    const acting = actingFor(home, { workspaceId: event.workspaceId, principal: webhook.createdBy });
    try {
      await acting.dispatch({ resource: 'Delivery', action: 'create', id, input, as: 'system' });
      sent.push(id);
    } catch (error) {
      if (!isTooLate(error)) throw error;
    }
  }
  return sent;
}
