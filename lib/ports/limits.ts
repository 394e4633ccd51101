import { type Item, type Key, type Operation, type Query, STORE_LIMITS, StoreLimitExceeded } from './store.ts';

/** Idempotency tokens are remembered this long. */
export const TOKEN_SECONDS = 600;
/** A token is a short name; homes that allow fewer bytes hash it. */
const TOKEN_BYTES = 256;
const INDEX_NAMES: ReadonlySet<string> = new Set(['g1', 'g2', 'g3']);

/** The key an operation is about. */
export function keyOf(operation: Operation): Key {
  if ('put' in operation) return operation.put;
  if ('update' in operation) return operation.update;
  return 'delete' in operation ? operation.delete : operation.check;
}

/** What the names of an item's own attributes (keys, indexes, expiry) take, generously. */
const OVERHEAD_BYTES = 100;

/**
 * Bytes an item counts for: its data as JSON text, its keys and a fixed overhead. Where a home stores top-level scalars
 * as such and nested values as JSON text, this bounds from above what DynamoDB counts, so the same item is refused
 * everywhere.
 */
export function itemBytes(item: Item, dataJson: string = JSON.stringify(item.data)): number {
  let bytes = OVERHEAD_BYTES + Buffer.byteLength(dataJson) + Buffer.byteLength(item.pk) + Buffer.byteLength(item.sk);
  for (const key of Object.values(item.indexes ?? {})) bytes += Buffer.byteLength(key.pk) + Buffer.byteLength(key.sk);
  return bytes;
}

/** Throws StoreLimitExceeded unless the operations could be one transaction in every home. */
export function checkOperations(operations: readonly Operation[]): void {
  const { length } = operations;
  if (length < 1 || length > STORE_LIMITS.operations)
    throw new StoreLimitExceeded(`a transaction takes 1 to ${STORE_LIMITS.operations} operations, got ${length}`);
  const seen = new Set<string>();
  for (const operation of operations) {
    const key = keyOf(operation);
    checkKey(key);
    const name = `${Buffer.byteLength(key.pk)} ${key.pk} ${key.sk}`;
    if (seen.has(name)) throw new StoreLimitExceeded(`a transaction names each key once; ${show(key)} stands twice`);
    seen.add(name);
    if ('put' in operation) checkPut(operation.put);
    if ('update' in operation) checkUpdate(operation);
  }
}

/** Throws StoreLimitExceeded unless each operation means the same by itself, and carried out twice. */
export function checkApart(operations: readonly Operation[], token?: string): void {
  const other = operations.find((one) => !('put' in one || 'delete' in one) || one.condition !== undefined);
  if (other !== undefined)
    throw new StoreLimitExceeded(
      `apart go only puts and deletes without conditions; the operation on ${show(keyOf(other))} is another`,
    );
  if (token !== undefined) throw new StoreLimitExceeded('a token is for operations that happen together, not apart');
}

/** Throws StoreLimitExceeded when the items a transaction writes are too large, one or together. */
export function checkSizes(sizes: Iterable<{ key: Key; bytes: number }>): void {
  let total = 0;
  for (const { key, bytes } of sizes) {
    if (bytes > STORE_LIMITS.itemBytes)
      throw new StoreLimitExceeded(
        `an item has at most ${STORE_LIMITS.itemBytes} bytes; ${show(key)} has ${bytes}: large values go to Blobs`,
      );
    total += bytes;
  }
  if (total > STORE_LIMITS.transactionBytes)
    throw new StoreLimitExceeded(`a transaction has at most ${STORE_LIMITS.transactionBytes} bytes, got ${total}`);
}

export function checkKey(key: Key): void {
  checkKeyPart('pk', key.pk);
  checkKeyPart('sk', key.sk);
}

export function checkQuery(query: Query): void {
  checkKeyPart('pk', query.pk);
  if (query.index !== undefined && !INDEX_NAMES.has(query.index))
    throw new StoreLimitExceeded(`the indexes are g1, g2 and g3; the query names ${JSON.stringify(query.index)}`);
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > STORE_LIMITS.page)
    throw new StoreLimitExceeded(`a page has 1 to ${STORE_LIMITS.page} items, asked for ${query.limit}`);
  const { prefix, from, to } = query.sk ?? {};
  if (prefix !== undefined && (from !== undefined || to !== undefined))
    throw new StoreLimitExceeded('a query bounds the sort key by a prefix or by from and to, not by both');
  for (const bound of [prefix, from, to]) if (bound !== undefined && bound !== '') checkKeyPart('sk', bound);
}

export function checkToken(token: string): void {
  if (token === '' || Buffer.byteLength(token) > TOKEN_BYTES)
    throw new StoreLimitExceeded(`a transaction token has 1 to ${TOKEN_BYTES} bytes, got ${Buffer.byteLength(token)}`);
}

function checkKeyPart(name: string, part: string): void {
  // A lone surrogate has no UTF-8 form: it would come back as another key.
  if (typeof part !== 'string' || part === '' || !part.isWellFormed())
    throw new StoreLimitExceeded(`${name} is a non-empty, well-formed string, got ${JSON.stringify(part)}`);
  // One UTF-16 unit is at most 3 bytes: the usual short key needs no counting.
  if (part.length * 3 > STORE_LIMITS.keyBytes && Buffer.byteLength(part) > STORE_LIMITS.keyBytes)
    throw new StoreLimitExceeded(
      `${name} has at most ${STORE_LIMITS.keyBytes} bytes, got ${Buffer.byteLength(part)} (${part.slice(0, 40)}...)`,
    );
}

function checkIndexes(indexes: Item['indexes']): void {
  for (const [name, key] of Object.entries(indexes ?? {})) {
    if (!INDEX_NAMES.has(name))
      throw new StoreLimitExceeded(`the indexes are g1, g2 and g3; the item names ${JSON.stringify(name)}`);
    checkKey(key);
  }
}

function checkPut(item: Item): void {
  checkIndexes(item.indexes);
  if (item.expiresAt !== undefined && !Number.isSafeInteger(item.expiresAt))
    throw new StoreLimitExceeded(`expiresAt is whole epoch seconds, got ${item.expiresAt} on ${show(item)}`);
}

function checkUpdate(update: Extract<Operation, { update: unknown }>): void {
  checkIndexes(update.indexes);
  const names = [...Object.keys(update.set ?? {}), ...Object.keys(update.add ?? {}), ...(update.remove ?? [])];
  if (new Set(names).size !== names.length)
    throw new StoreLimitExceeded(`an update names each attribute once, got ${names.join(', ')}`);
  for (const [name, amount] of Object.entries(update.add ?? {}))
    if (!Number.isFinite(amount)) throw new StoreLimitExceeded(`add takes finite numbers, got ${name} ${amount}`);
}

function show(key: Key): string {
  return `${key.pk} ${key.sk}`;
}
