import type { SQLInputValue } from 'node:sqlite';
import { cursorAfter, positionOf } from '#lib/ports/cursor';
import { itemBytes } from '#lib/ports/limits';
import { type Item, type Page, type Query, STORE_LIMITS } from '#lib/ports/store';
import type { Database } from '../sqlite/database.ts';
import { ALIVE, COLUMNS, itemOf } from './row.ts';

/** One page of a checked query, as of `now` (milliseconds). */
export function readPage(database: Database, query: Query, now: number): Page {
  const { sql, values } = selectPage(query, now);
  const items: Item[] = [];
  let bytes = 0;
  for (const row of database.iterate(sql, ...values)) {
    const item = itemOf(row);
    bytes += itemBytes(item, row.data as string);
    const last = items.at(-1);
    // The row that does not fit, or that is one too many, proves that there is another page.
    if (last !== undefined && (items.length === query.limit || bytes > STORE_LIMITS.pageBytes))
      return { items, cursor: cursorAfter(query, positionIn(query, last)) };
    items.push(item);
  }
  return { items, cursor: null };
}

function selectPage(query: Query, now: number): { sql: string; values: SQLInputValue[] } {
  const { index, sk: bounds = {}, order = 'ascending' } = query;
  const sk = `${index ?? ''}sk`;
  const where = [`${index ?? ''}pk = ?`];
  const values: SQLInputValue[] = [query.pk];
  const bound = (text: string, ...bindings: readonly string[]) => {
    where.push(text);
    values.push(...bindings);
  };
  const { prefix = '', from = '', to } = bounds;
  if (from !== '') bound(`${sk} >= ?`, from);
  if (to !== undefined) bound(`${sk} <= ?`, to);
  if (prefix !== '') {
    bound(`${sk} >= ?`, prefix);
    const end = afterPrefix(prefix);
    if (end !== null) bound(`${sk} < ?`, end);
  }
  const sorted = index === undefined ? ['sk'] : [sk, 'pk', 'sk'];
  if (query.cursor !== undefined) {
    const beyond = order === 'ascending' ? '>' : '<';
    const position = positionOf(query, query.cursor, sorted.length);
    bound(`(${sorted.join(', ')}) ${beyond} (${position.map(() => '?').join(', ')})`, ...position);
  }
  where.push(ALIVE);
  values.push(now, query.limit + 1);
  const direction = order === 'ascending' ? 'ASC' : 'DESC';
  return {
    sql: `SELECT ${COLUMNS} FROM items INDEXED BY items_${index ?? 'key'} WHERE ${where.join(' AND ')}
      ORDER BY ${sorted.map((column) => `${column} ${direction}`).join(', ')} LIMIT ?`,
    values,
  };
}

function positionIn({ index }: Query, item: Item): string[] {
  return index === undefined ? [item.sk] : [item.indexes?.[index]?.sk ?? '', item.pk, item.sk];
}

/** The least string above all that begin with `prefix`; null when nothing is. SQLite orders by code point, as UTF-8 does. */
export function afterPrefix(prefix: string): string | null {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    // U+D800 to U+DFFF are no characters.
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}
