import { EventEmitter } from 'node:events';
import type { Live, News } from '#lib/ports/live';

/** News within this process. A listener that throws is left out of nothing else. */
export class LocalLive implements Live {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  publish(topic: string, news: News): void {
    for (const listener of this.#emitter.listeners(topic)) {
      try {
        (listener as (news: News) => void)(news);
      } catch {
        // Best effort by contract: a watcher's trouble is not the publisher's.
      }
    }
  }

  subscribe(topic: string, listener: (news: News) => void): () => void {
    this.#emitter.on(topic, listener);
    return () => this.#emitter.off(topic, listener);
  }
}
