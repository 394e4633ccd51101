import type { JsonObject } from '#lib/base/json';

/** What happened, told to whoever listens; fed from the outbox, so at least once. Consumers are idempotent on `id`. */
export interface Events {
  publish(events: readonly DomainEvent[]): Promise<void>;
  subscribe(listener: (event: DomainEvent) => Promise<void> | void): () => void;
}

export interface DomainEvent {
  /** `evt_...`, the outbox entry's own id. */
  id: string;
  /** Noun and verb: `Program.promote`. */
  type: string;
  workspaceId: string;
  subject: string;
  principal: string;
  time: string;
  data: JsonObject;
}
