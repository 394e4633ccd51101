import type { SQLInputValue } from 'node:sqlite';
import type { JsonObject } from '#lib/base/json';
import type { IndexName, Item, Key } from '#lib/ports/store';
import type { Database, Row } from '../sqlite/database.ts';

export const INDEX_NAMES: readonly IndexName[] = ['g1', 'g2', 'g3'];
export const COLUMNS = 'pk, sk, data, expires_at, feed, g1pk, g1sk, g2pk, g2sk, g3pk, g3sk';

/** Names a row only while it has not expired; bind the time in milliseconds. */
export const ALIVE = '(expires_at IS NULL OR expires_at * 1000 > ?)';

const SELECT = `SELECT ${COLUMNS} FROM items WHERE pk = ? AND sk = ? AND ${ALIVE}`;
const DELETE = 'DELETE FROM items WHERE pk = ? AND sk = ?';
const UPSERT = `INSERT INTO items (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (pk, sk) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at, feed = excluded.feed,
  g1pk = excluded.g1pk, g1sk = excluded.g1sk, g2pk = excluded.g2pk, g2sk = excluded.g2sk,
  g3pk = excluded.g3pk, g3sk = excluded.g3sk`;

/** The item under a key, `null` when there is none at `now` (milliseconds). */
export function readItem(database: Database, key: Key, now: number): Item | null {
  const row = database.get(SELECT, key.pk, key.sk, now);
  return row === undefined ? null : itemOf(row);
}

/** `dataJson` is the item's data as text, which the caller has at hand. */
export function writeItem(database: Database, item: Item, dataJson: string): void {
  const indexes = INDEX_NAMES.flatMap((name): SQLInputValue[] => {
    const key = item.indexes?.[name];
    return key === undefined ? [null, null] : [key.pk, key.sk];
  });
  database.run(UPSERT, item.pk, item.sk, dataJson, item.expiresAt ?? null, item.feed === true ? 1 : 0, ...indexes);
}

export function deleteItem(database: Database, key: Key): void {
  database.run(DELETE, key.pk, key.sk);
}

export function itemOf(row: Row): Item {
  const indexes: NonNullable<Item['indexes']> = {};
  for (const name of INDEX_NAMES) {
    const pk = row[`${name}pk`];
    if (pk !== null) indexes[name] = { pk: pk as string, sk: row[`${name}sk`] as string };
  }
  return {
    pk: row.pk as string,
    sk: row.sk as string,
    data: JSON.parse(row.data as string) as JsonObject,
    ...(Object.keys(indexes).length === 0 ? {} : { indexes }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at as number }),
    ...(row.feed === 1 ? { feed: true } : {}),
  };
}
