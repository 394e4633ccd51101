import { InvalidInput } from '#lib/base/errors';
import { checksum } from '#lib/base/hash';
import { isJsonObject, type Json } from '#lib/base/json';
import type { Query } from './store.ts';

/** Where a page ended: the keys of its last item, in the order the home sorts by. */
export type Position = readonly string[];

/** An opaque cursor. It carries a checksum of its query, so that it cannot be continued with another one. */
export function cursorAfter(query: Query, position: Position): string {
  return Buffer.from(JSON.stringify({ q: queryChecksum(query), at: position })).toString('base64url');
}

/** The position in a cursor of exactly `length` keys; anything else is InvalidInput. */
export function positionOf(query: Query, cursor: string, length: number): Position {
  const decoded = parsed(cursor);
  if (!isJsonObject(decoded) || !Array.isArray(decoded.at) || decoded.at.length !== length)
    throw new InvalidInput('cursor_invalid', 'the cursor is not one this store made');
  const at = decoded.at.filter((part) => typeof part === 'string');
  if (at.length !== length) throw new InvalidInput('cursor_invalid', 'the cursor is not one this store made');
  if (decoded.q !== queryChecksum(query))
    throw new InvalidInput('cursor_foreign', 'the cursor belongs to another query; ask for the first page again');
  return at;
}

function parsed(cursor: string): Json {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Json;
  } catch {
    return null;
  }
}

// The limit is left out: the next page may be of another size.
function queryChecksum({ index, pk, sk, order }: Query): string {
  return checksum({ index, pk, sk: sk ?? {}, order: order ?? 'ascending' }).slice(0, 16);
}
