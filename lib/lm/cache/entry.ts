import type { JsonObject } from '#lib/base/json';
import type { LmAnswer } from '../spec.ts';

/** What the cache keeps of an answer: all that the original call brought, nothing of who asked. */
export type CachedAnswer = Pick<
  LmAnswer,
  'text' | 'finishReason' | 'toolCalls' | 'usage' | 'costNanoUsd' | 'priceVersion' | 'durationMs' | 'simulated'
> & {
  /** When the provider gave it, in epoch milliseconds; entries of earlier times do not say. */
  madeAt?: number;
};

/** Only whole answers are worth repeating: not a truncated, a filtered or an empty one. */
export function isCacheable(answer: CachedAnswer): boolean {
  if (answer.finishReason === 'tool-calls') return (answer.toolCalls?.length ?? 0) > 0;
  return answer.finishReason === 'stop' && answer.text !== '';
}

/** An answer is plain JSON with no member undefined, so it can be stored as it is. Nobody changes it afterwards. */
export function toItem(answer: CachedAnswer): JsonObject {
  return answer as unknown as JsonObject;
}

/** Null when the item is not what `toItem` writes: an entry of another make is a miss, not an error. */
export function fromItem(data: JsonObject): CachedAnswer | null {
  const { text, usage, durationMs } = data;
  if (typeof text !== 'string' || typeof durationMs !== 'number' || typeof usage !== 'object' || usage === null)
    return null;
  return data as unknown as CachedAnswer;
}
