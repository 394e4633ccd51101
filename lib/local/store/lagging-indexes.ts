import type { Item, Key, Page, Query } from '#lib/ports/store';
import { Database } from '../sqlite/database.ts';
import { readPage } from './page.ts';
import { COLUMNS, deleteItem, itemOf, writeItem } from './row.ts';

/** What stands under a key after a transaction. */
export interface Image {
  key: Key;
  after: Item | null;
}

/**
 * Secondary indexes that are behind on purpose, as DynamoDB's may be: a second copy of the items that receives each
 * transaction only when `transactions` later ones are committed, or when it is told to settle. No clock is involved,
 * so a test that passes passes always.
 */
export class LaggingIndexes {
  readonly #behind: number;
  readonly #copy = new Database(':memory:');
  readonly #waiting: (readonly Image[])[] = [];

  constructor(database: Database, behind: number) {
    this.#behind = behind;
    const schema = "SELECT sql FROM sqlite_schema WHERE tbl_name = 'items' AND sql IS NOT NULL ORDER BY type DESC";
    for (const { sql } of database.all(schema)) this.#copy.exec(String(sql));
    for (const row of database.iterate(`SELECT ${COLUMNS} FROM items`))
      writeItem(this.#copy, itemOf(row), String(row.data));
  }

  committed(images: readonly Image[]): void {
    // The last transaction of a closing home is told after its copy is gone.
    if (!this.#copy.isOpen) return;
    this.#waiting.push(images);
    this.#receive(this.#behind);
  }

  settle(): void {
    this.#receive(0);
  }

  page(query: Query, now: number): Page {
    return readPage(this.#copy, query, now);
  }

  close(): void {
    this.#copy.close();
  }

  #receive(behind: number): void {
    for (const { key, after } of this.#waiting.splice(0, Math.max(0, this.#waiting.length - behind)).flat()) {
      if (after === null) deleteItem(this.#copy, key);
      else writeItem(this.#copy, after, JSON.stringify(after.data));
    }
  }
}
