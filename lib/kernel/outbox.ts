import type { JsonObject } from '#lib/base/json';
import type { DomainEvent, Events } from '#lib/ports/events';
import { MESSAGES } from '#lib/ports/messages';
import type { Queue, QueueName } from '#lib/ports/queue';
import type { Item, Key } from '#lib/ports/store';
import { eventKey, kindPk } from './keys.ts';
import type { Principal } from './resource.ts';

/** The kind under which events are listed; the resource that shows them has the same name. */
export const EVENT_KIND = 'AuditEvent';

export interface QueuedMessage {
  queue: QueueName;
  body: JsonObject;
}

/** What one change leaves behind: the audit entry, and in the same item what is to be sent. */
export interface Entry {
  id: string;
  /** `Program.promote`. */
  type: string;
  workspaceId: string;
  /** The record changed, or the workspace. */
  subject: string;
  /** Its revision after the change; `null` when no record was written. */
  rev: number | null;
  principal: Principal;
  time: string;
  traceId: string;
  /** Names of attributes that have another value now; no values. */
  changed: readonly string[];
  data: JsonObject;
  messages: readonly QueuedMessage[];
}

export function eventItem(subject: Key, entry: Entry): Item {
  const { principal, changed, messages, ...rest } = entry;
  return {
    ...eventKey(subject, entry.id),
    data: {
      ...rest,
      principal: principal.id,
      system: principal.system === true,
      changed: [...changed],
      messages: messages.map(({ queue, body }) => ({ queue, body })),
    },
    indexes: { g1: { pk: kindPk(entry.workspaceId, EVENT_KIND), sk: entry.id } },
    feed: true,
  };
}

/** A message as its queue wants it; throws (a bug) when it is not. */
export function messageFor(queue: QueueName, principal: Principal, message: object): QueuedMessage {
  const origin = { v: 1, workspaceId: principal.workspaceId, principal: principal.id };
  return { queue, body: MESSAGES[queue].parse({ ...message, ...origin }) as JsonObject };
}

/** An item of the feed as what it stands for; `null` when it is no event of ours. */
export function outboxEntry(item: Item): { event: DomainEvent; messages: readonly QueuedMessage[] } | null {
  const { id, type, workspaceId, subject, principal, time, data, messages } = item.data;
  if (!item.sk.startsWith('EV#') || typeof type !== 'string') return null;
  return {
    event: { id, type, workspaceId, subject, principal, time, data } as unknown as DomainEvent,
    messages: (messages ?? []) as unknown as QueuedMessage[],
  };
}

/**
 * The handler for the Feed port. Throws when something could not be sent, so that the feed brings the same items again:
 * at least once. Messages go before events, and both are idempotent by what they name.
 */
export async function relay(items: readonly Item[], to: { queue: Pick<Queue, 'send'>; events: Events }): Promise<void> {
  const entries = items.flatMap((item) => outboxEntry(item) ?? []);
  for (const { messages } of entries) {
    for (const { queue, body } of messages) await to.queue.send(queue, JSON.stringify(body));
  }
  if (entries.length > 0) await to.events.publish(entries.map(({ event }) => event));
}
