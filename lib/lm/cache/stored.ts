import type { Item, Key, Operation, Store } from '#lib/ports/store';
import { type CachedAnswer, fromItem, toItem } from './entry.ts';

/**
 * Answers in the Store, so that they outlive the process and are shared by all. Writes go in groups: a durable write costs
 * about 240 us, an answer must not. A cache that cannot be read or written is a cache miss, never a failed call.
 */
export interface StoredCache {
  get(workspaceId: string, key: string): Promise<CachedAnswer | null>;
  put(workspaceId: string, key: string, answer: CachedAnswer): void;
  /** Resolves when everything put before has been written, or given up. */
  flush(): Promise<void>;
  stats(): { written: number; tooLarge: number; failed: number };
}

// An item may have 400 KB and a transaction 4 MB, keys and names included.
const MAX_ITEM_BYTES = 300 * 1024;
const MAX_GROUP = 100;
const MAX_GROUP_BYTES = 3 * 1024 * 1024;
const GROUP_MS = 20;

export function createStoredCache(options: { store: Store; ttlSeconds: number; now: () => number }): StoredCache {
  const { store, ttlSeconds, now } = options;
  const waiting = new Map<string, { item: Item; bytes: number }>();
  const counts = { written: 0, tooLarge: 0, failed: 0 };
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  const write = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const items = [...waiting.values()];
    waiting.clear();
    writing = writing.then(async () => {
      for (const group of groups(items)) {
        try {
          // An answer is kept or not by itself.
          await store.transact(
            group.map((item): Operation => ({ put: item })),
            { apart: true },
          );
          counts.written += group.length;
        } catch {
          counts.failed += group.length;
        }
      }
    });
  };

  return {
    async get(workspaceId, key) {
      const at = keyOf(workspaceId, key);
      const unwritten = waiting.get(`${at.pk} ${at.sk}`);
      const item = unwritten?.item ?? (await store.get(at).catch(() => null));
      if (item?.expiresAt !== undefined && item.expiresAt * 1000 <= now()) return null;
      return item === null ? null : fromItem(item.data);
    },
    put(workspaceId, key, answer) {
      const data = toItem(answer);
      const bytes = sizeOf(answer);
      if (bytes > MAX_ITEM_BYTES) {
        counts.tooLarge += 1;
        return;
      }
      const at = keyOf(workspaceId, key);
      const item: Item = { ...at, data, expiresAt: Math.ceil(now() / 1000) + ttlSeconds };
      waiting.set(`${at.pk} ${at.sk}`, { item, bytes });
      if (waiting.size >= MAX_GROUP) write();
      else timer ??= setTimeout(write, GROUP_MS);
    },
    async flush() {
      write();
      await writing;
    },
    stats: () => ({ ...counts }),
  };
}

/** Bytes as JSON: a bound for the many small answers, exact for the few large ones. */
function sizeOf(answer: CachedAnswer): number {
  // A UTF-16 unit takes at most 6 bytes, as a control character does.
  const bound = answer.text.length * 6 + 500;
  const small = bound < 20_000 && answer.toolCalls === undefined;
  return small ? bound : Buffer.byteLength(JSON.stringify(answer));
}

/** 256 partitions to a workspace, so that a busy cache does not heat one of them. */
function keyOf(workspaceId: string, key: string): Key {
  return { pk: `LM#${workspaceId}#${key.slice(0, 2)}`, sk: key };
}

function* groups(entries: readonly { item: Item; bytes: number }[]): Iterable<Item[]> {
  let group: Item[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (group.length === MAX_GROUP || (group.length > 0 && bytes + entry.bytes > MAX_GROUP_BYTES)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(entry.item);
    bytes += entry.bytes;
  }
  if (group.length > 0) yield group;
}
