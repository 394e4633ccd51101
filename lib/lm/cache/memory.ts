import { LRUCache } from 'lru-cache';
import type { CachedAnswer } from './entry.ts';

/** The answers of this process by key, the least used forgotten first. Sized in bytes, roughly. */
export interface MemoryCache {
  get(key: string): CachedAnswer | undefined;
  set(key: string, answer: CachedAnswer): void;
}

const OVERHEAD_BYTES = 400;

export function createMemoryCache(options: { maxBytes: number; ttlSeconds: number; now: () => number }): MemoryCache {
  const cache = new LRUCache<string, CachedAnswer>({
    maxSize: options.maxBytes,
    ttl: options.ttlSeconds * 1000,
    ttlResolution: 0,
    perf: { now: options.now },
    sizeCalculation: (answer) => OVERHEAD_BYTES + answer.text.length * 2 + (answer.toolCalls?.length ?? 0) * 1000,
  });
  return { get: (key) => cache.get(key), set: (key, answer) => void cache.set(key, answer) };
}
