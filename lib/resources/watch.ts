import { createInbox } from '#lib/base/inbox';
import type { JsonObject } from '#lib/base/json';
import type { StreamEvent } from '#lib/kernel/resource';
import type { News } from '#lib/ports/live';
import type { Context } from './define.ts';

/** The topic under which a record's news are published. */
export function topicOf(resource: string, id: string): string {
  return `${resource}/${id}`;
}

// News are best effort, so a watcher also looks at the record itself from time to time.
const LOOK_AGAIN_MS = 2000;

interface Watched {
  resource: string;
  id: string;
  ended: (state: string) => boolean;
  /** The durable part, from where the watcher last was; asked again after every pause. */
  recorded: () => AsyncIterable<StreamEvent>;
}

/**
 * Follows one record to its end: what is recorded so far, then news as they come, then `end` with the record.
 * Subscribes before it reads, so nothing falls between the two.
 */
export async function* watch(
  watched: Watched,
  ctx: Pick<Context, 'get' | 'services' | 'signal'>,
): AsyncGenerator<StreamEvent> {
  const inbox = createInbox<News>();
  const unsubscribe = ctx.services.live.subscribe(topicOf(watched.resource, watched.id), (news) => inbox.put(news));
  try {
    while (!ctx.signal.aborted) {
      yield* watched.recorded();
      const record = await ctx.get<JsonObject & { state: string }>(watched.resource, watched.id);
      if (watched.ended(record.state)) {
        yield* watched.recorded();
        yield { event: 'end', data: record };
        return;
      }
      const news = await inbox.take({ signal: ctx.signal, milliseconds: LOOK_AGAIN_MS });
      // `changed` only says "look at the record"; everything else is passed on as it is.
      if (news !== undefined && news.event !== 'changed') yield { event: news.event, data: news.data };
    }
  } finally {
    unsubscribe();
  }
}

/** Resolves when the record has ended, or the caller has waited enough. */
export async function settled(
  watched: Omit<Watched, 'recorded'>,
  ctx: Pick<Context, 'get' | 'services'>,
  signal: AbortSignal,
): Promise<void> {
  const inbox = createInbox<News>();
  const unsubscribe = ctx.services.live.subscribe(topicOf(watched.resource, watched.id), (news) => inbox.put(news));
  try {
    while (!signal.aborted) {
      const { state } = await ctx.get<{ state: string }>(watched.resource, watched.id);
      if (watched.ended(state)) return;
      await inbox.take({ signal, milliseconds: LOOK_AGAIN_MS });
    }
  } finally {
    unsubscribe();
  }
}
