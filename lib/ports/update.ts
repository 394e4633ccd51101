import type { Json } from '#lib/base/json';
import type { Item, Operation } from './store.ts';

export type Update = Extract<Operation, { update: unknown }>;

/**
 * What an update makes of what stood there (`null`: a new item, without expiry). `add` starts from 0; a number that is
 * no number, or a sum that is no longer finite, cannot be added to: then the answer is null and the update is refused.
 * `indexes`, when given, replaces all index keys of the item; expiry and `feed` stay as they were.
 */
export function updated(update: Update, before: Item | null): Item | null {
  // A Map, then fromEntries: assigning `data['__proto__']` would change the prototype instead of the item.
  const data = new Map<string, Json>(Object.entries(before?.data ?? {}));
  for (const name of update.remove ?? []) data.delete(name);
  for (const [name, value] of Object.entries(update.set ?? {})) data.set(name, value);
  for (const [name, amount] of Object.entries(update.add ?? {})) {
    const there = data.has(name) ? data.get(name) : 0;
    if (typeof there !== 'number' || !Number.isFinite(there + amount)) return null;
    data.set(name, there + amount);
  }
  const indexes = update.indexes ?? before?.indexes;
  return {
    pk: update.update.pk,
    sk: update.update.sk,
    data: Object.fromEntries(data),
    ...(indexes === undefined || Object.keys(indexes).length === 0 ? {} : { indexes }),
    ...(before?.expiresAt === undefined ? {} : { expiresAt: before.expiresAt }),
    ...(before?.feed === true ? { feed: true } : {}),
  };
}
