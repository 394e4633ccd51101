import type { Json, JsonObject } from '#lib/base/json';
import type { Condition, IndexName, Item, Key, Operation, Query } from '#lib/ports/store';

/** The Store in the fewest words: a list of items, changed whole. Shares no code with any home. */
export class StoreModel {
  #items: Item[] = [];

  /** Positions of refused operations; when there are any, nothing has changed. */
  transact(operations: readonly Operation[], nowSeconds: number): number[] {
    const alive = this.#items.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > nowSeconds);
    const find = (key: Key) => alive.find((item) => item.pk === key.pk && item.sk === key.sk) ?? null;
    const refused = operations.flatMap((operation, position) =>
      allowed(operation, find(target(operation))) ? [] : [position],
    );
    if (refused.length > 0) return refused;
    const touched = operations.filter((operation) => !('check' in operation));
    const untouched = alive.filter((item) => !touched.some((operation) => same(target(operation), item)));
    this.#items = [...untouched, ...touched.flatMap((operation) => result(operation, find(target(operation))))];
    return [];
  }

  all(query: Pick<Query, 'pk' | 'index' | 'order' | 'sk'>, nowSeconds: number): Item[] {
    const keyOf = (item: Item) => (query.index === undefined ? item : item.indexes?.[query.index]);
    const { prefix = '', from, to } = query.sk ?? {};
    const items = this.#items
      .filter(({ expiresAt }) => expiresAt === undefined || expiresAt > nowSeconds)
      .filter((item) => keyOf(item)?.pk === query.pk)
      .filter((item) => {
        const sk = keyOf(item)?.sk ?? '';
        return (
          sk.startsWith(prefix) &&
          (from === undefined || bytes(sk, from) >= 0) &&
          (to === undefined || bytes(sk, to) <= 0)
        );
      })
      .sort((a, b) => bytes(keyOf(a)?.sk ?? '', keyOf(b)?.sk ?? ''));
    return query.order === 'descending' ? items.reverse() : items;
  }
}

export const INDEXES: readonly (IndexName | undefined)[] = [undefined, 'g1', 'g2'];

function target(operation: Operation): Key {
  if ('put' in operation) return operation.put;
  if ('update' in operation) return operation.update;
  return 'delete' in operation ? operation.delete : operation.check;
}

function allowed(operation: Operation, item: Item | null): boolean {
  if (operation.condition !== undefined && !met(operation.condition, item)) return false;
  if (!('update' in operation)) return true;
  return Object.keys(operation.add ?? {}).every((name) => ['number', 'undefined'].includes(typeof item?.data[name]));
}

function met(condition: Condition, item: Item | null): boolean {
  const there = (attribute: string): Json | undefined => item?.data[attribute];
  if (condition.kind === 'exists') return item !== null;
  if (condition.kind === 'absent') return item === null;
  if ('of' in condition) {
    const outcomes = condition.of.map((one) => met(one, item));
    return condition.kind === 'all' ? !outcomes.includes(false) : outcomes.includes(true);
  }
  const value = there(condition.attribute);
  if (condition.kind === 'missing') return value === undefined;
  if (condition.kind === 'equals') return value === condition.value;
  if (condition.kind === 'oneOf') return condition.values.some((one) => one === value);
  if (typeof value !== 'number') return false;
  if (condition.kind === 'below') return value < condition.value;
  return condition.kind === 'atLeast' ? value >= condition.value : value <= condition.value;
}

function result(operation: Operation, before: Item | null): Item[] {
  if ('put' in operation) return [operation.put];
  if (!('update' in operation)) return [];
  const data: JsonObject = { ...before?.data, ...operation.set };
  for (const name of operation.remove ?? []) delete data[name];
  for (const [name, amount] of Object.entries(operation.add ?? {})) data[name] = Number(data[name] ?? 0) + amount;
  const { indexes: _, ...rest }: Partial<Item> = before ?? operation.update;
  const indexes = operation.indexes ?? before?.indexes ?? {};
  return [{ ...rest, data, ...(Object.keys(indexes).length === 0 ? {} : { indexes }) } as Item];
}

function same(a: Key, b: Key): boolean {
  return a.pk === b.pk && a.sk === b.sk;
}

function bytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
