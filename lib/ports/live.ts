import type { Json } from '#lib/base/json';

/**
 * News for whoever watches right now: steps done, pieces of an answer. Best effort and never the record of anything;
 * who joins late reads the record first.
 */
export interface Live {
  publish(topic: string, news: News): void;
  /** Calls `listener` until the returned function is called. */
  subscribe(topic: string, listener: (news: News) => void): () => void;
}

export interface News {
  event: string;
  data: Json;
}
