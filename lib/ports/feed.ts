import type { Item } from './store.ts';

/**
 * Every item committed with `feed: true`, at least once, in commit order, resumed after a restart from where the last
 * successful delivery ended. A handler that throws gets the same items again, with backoff.
 * Local: a table written in the same transaction. AWS: the table's stream.
 */
export interface Feed {
  start(handler: (items: Item[]) => Promise<void>): Promise<FeedHandle>;
}

export interface FeedHandle {
  /** Resolves when everything committed before the call has been handled. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}
