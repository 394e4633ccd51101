import type { Clock } from '#lib/base/clock';
import { checkApart, checkKey, checkQuery, keyOf } from '#lib/ports/limits';
import {
  type Item,
  type Key,
  type Operation,
  type Page,
  type Query,
  STORE_LIMITS,
  type Store,
  StoreLimitExceeded,
  type TransactOptions,
} from '#lib/ports/store';
import { type Database, reading } from '../sqlite/database.ts';
import type { GroupCommit } from '../sqlite/group-commit.ts';
import { LaggingIndexes } from './lagging-indexes.ts';
import { readPage } from './page.ts';
import { readItem } from './row.ts';
import { Sweep } from './sweep.ts';
import { alreadyDone, tokenOf } from './token.ts';
import { apply, prepare } from './transaction.ts';

export interface LocalStoreParts {
  database: Database;
  commits: GroupCommit;
  clock: Clock;
  indexLag?: { transactions: number };
  /** Told after each commit that put feed items. */
  fed: () => void;
  /** Closes the whole home: the parts share one database. */
  close: () => Promise<void>;
}

/** The Store port on one SQLite database. */
export class LocalStore implements Store {
  readonly #parts: LocalStoreParts;
  readonly #lagging: LaggingIndexes | null;
  readonly #sweep: Sweep;

  constructor(parts: LocalStoreParts) {
    const { database, commits, clock, indexLag } = parts;
    this.#parts = parts;
    this.#lagging = indexLag === undefined ? null : new LaggingIndexes(database, indexLag.transactions);
    this.#sweep = new Sweep(database, commits, clock);
  }

  get(key: Key): Promise<Item | null> {
    const { database, clock } = this.#parts;
    return reading(database, () => {
      checkKey(key);
      return readItem(database, key, clock.now());
    });
  }

  getMany(keys: readonly Key[]): Promise<(Item | null)[]> {
    const { database, clock } = this.#parts;
    return reading(database, () => {
      if (keys.length > STORE_LIMITS.keys)
        throw new StoreLimitExceeded(`getMany takes at most ${STORE_LIMITS.keys} keys, got ${keys.length}`);
      for (const key of keys) checkKey(key);
      const now = clock.now();
      // Nothing else runs on this connection meanwhile, so this is one moment.
      return keys.map((key) => readItem(database, key, now));
    });
  }

  query(query: Query): Promise<Page> {
    const { database, clock } = this.#parts;
    return reading(database, () => {
      checkQuery(query);
      if (query.index !== undefined && this.#lagging !== null) return this.#lagging.page(query, clock.now());
      return readPage(database, query, clock.now());
    });
  }

  async transact(operations: readonly Operation[], options: TransactOptions = {}): Promise<void> {
    if (options.apart === true) checkApart(operations, options.token);
    const { database, commits, clock, fed } = this.#parts;
    const steps = prepare(operations);
    const token = options.token === undefined ? null : tokenOf(options.token, operations);
    const lagging = this.#lagging;
    this.#sweep.maybe();
    const images = await commits.run(() => {
      const now = clock.now();
      if (token !== null && alreadyDone(database, token, now)) return [];
      apply(database, steps, now);
      if (lagging === null) return [];
      return steps
        .map(({ operation }) => keyOf(operation))
        .map((key) => ({ key, after: readItem(database, key, now) }));
    });
    lagging?.committed(images);
    if (steps.some(({ operation }) => 'put' in operation && operation.put.feed === true)) fed();
  }

  /** Lets lagging indexes catch up; without `indexLag` they never lag. */
  settleIndexes(): void {
    this.#lagging?.settle();
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  /** The home's last word to its store. */
  release(): void {
    this.#lagging?.close();
  }
}
