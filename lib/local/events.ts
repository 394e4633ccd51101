import type { DomainEvent, Events } from '#lib/ports/events';

/**
 * The Events port inside one process. Every listener gets every event, in order; when one fails the others have still
 * got it, and `publish` rejects, so that the feed behind it delivers again: listeners are idempotent on `id`.
 */
export class LocalEvents implements Events {
  readonly #listeners = new Set<{ tell: (event: DomainEvent) => Promise<void> | void }>();

  async publish(events: readonly DomainEvent[]): Promise<void> {
    const told = await Promise.allSettled([...this.#listeners].map(({ tell }) => tellAll(tell, events)));
    const failures = told
      .filter((outcome) => outcome.status === 'rejected')
      .map((outcome) => outcome.reason as unknown);
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} of ${told.length} listeners failed on published events`);
  }

  subscribe(listener: (event: DomainEvent) => Promise<void> | void): () => void {
    const subscription = { tell: listener };
    this.#listeners.add(subscription);
    return () => this.#listeners.delete(subscription);
  }
}

async function tellAll(
  tell: (event: DomainEvent) => Promise<void> | void,
  events: readonly DomainEvent[],
): Promise<void> {
  for (const event of events) await tell(event);
}
