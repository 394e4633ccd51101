import { setTimeout as pause } from 'node:timers/promises';
import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { Unavailable } from '#lib/base/errors';
import type { DomainEvent, Events } from '#lib/ports/events';
import { asking } from '../client/fault.ts';

export interface EventBusParts {
  client: EventBridgeClient;
  bus: string;
}

/** Rules match on it. */
export const EVENT_SOURCE = 'dspex';
/** What one request takes; AWS takes more, other tools in between do not. */
const ENTRIES = 10;
const REQUEST_BYTES = 256 * 1024;
const ROUNDS = 5;

type Listener = (event: DomainEvent) => Promise<void> | void;

/**
 * The Events port on EventBridge. The bus carries `detail-type` = the event's type and the event whole as `detail`; rules
 * listen there. Listeners subscribed here hear what this process published, after the bus has it.
 */
export class EventBus implements Events {
  readonly #parts: EventBusParts;
  readonly #listeners = new Set<{ tell: Listener }>();

  constructor(parts: EventBusParts) {
    this.#parts = parts;
  }

  async publish(events: readonly DomainEvent[]): Promise<void> {
    for (const group of groupsOf(events.map((event) => entryOf(event, this.#parts.bus)))) await this.#put(group);
    const told = await Promise.allSettled([...this.#listeners].map(({ tell }) => tellAll(tell, events)));
    const failures = told.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} of ${told.length} listeners failed on published events`);
  }

  subscribe(listener: Listener): () => void {
    const subscription = { tell: listener };
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }

  /** Some entries of an accepted request may have failed: those alone are sent again. */
  async #put(entries: PutEventsRequestEntry[]): Promise<void> {
    const { client, bus } = this.#parts;
    let waiting = entries;
    for (let round = 1; ; round++) {
      const { Entries: outcomes = [] } = await asking(`publishing on ${bus}`, () =>
        client.send(new PutEventsCommand({ Entries: waiting })),
      );
      const failed = waiting.filter((_, position) => outcomes[position]?.ErrorCode !== undefined);
      if (failed.length === 0) return;
      const codes = [...new Set(outcomes.flatMap(({ ErrorCode }) => ErrorCode ?? []))].join(', ');
      if (round >= ROUNDS)
        throw new Unavailable('events_refused', `${failed.length} events were not accepted by ${bus}: ${codes}`, {
          retryAfterSeconds: 1,
        });
      waiting = failed;
      await pause(Math.random() * 50 * 2 ** round);
    }
  }
}

function entryOf(event: DomainEvent, bus: string): PutEventsRequestEntry {
  return {
    EventBusName: bus,
    Source: EVENT_SOURCE,
    DetailType: event.type,
    Time: new Date(event.time),
    Detail: JSON.stringify(event),
  };
}

function groupsOf(entries: readonly PutEventsRequestEntry[]): PutEventsRequestEntry[][] {
  const groups: PutEventsRequestEntry[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.Detail ?? '') + Buffer.byteLength(entry.DetailType ?? '') + 100;
    const last = groups.at(-1);
    if (last === undefined || last.length >= ENTRIES || bytes + size > REQUEST_BYTES) {
      groups.push([entry]);
      bytes = size;
    } else {
      last.push(entry);
      bytes += size;
    }
  }
  return groups;
}

async function tellAll(tell: Listener, events: readonly DomainEvent[]): Promise<void> {
  for (const event of events) await tell(event);
}
