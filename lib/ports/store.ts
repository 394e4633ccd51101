import type { Json, JsonObject } from '#lib/base/json';

/**
 * The system of record, with DynamoDB's shape and limits in every home: no count, no offset, no filter and no order
 * outside keys. Larger values go to Blobs, above this port.
 */
export interface Store {
  /** Strongly consistent. `null` when absent or expired (an expiry is checked on read, not left to a sweeper). */
  get(key: Key): Promise<Item | null>;
  /** Up to 100 keys in one strongly consistent read; answers in the order asked, `null` for the absent. */
  getMany(keys: readonly Key[]): Promise<(Item | null)[]>;
  /**
   * One page of one partition in sort-key order (by UTF-8 bytes). Reads of an index are eventual and may lag behind
   * writes. A page ends early after about 1 MB: only `cursor: null` says that there is no more.
   */
  query(query: Query): Promise<Page>;
  /**
   * All or nothing, durable when it resolves. At most 100 operations and 4 MB, each key named once.
   * Throws TransactionRefused naming every operation whose condition did not hold. With a `token` the same
   * operations are carried out once within 10 minutes; another transaction under the same token is StoreLimitExceeded.
   */
  transact(operations: readonly Operation[], options?: TransactOptions): Promise<void>;
  close(): Promise<void>;
}

export interface TransactOptions {
  token?: string;
  /**
   * These need not happen together: puts and deletes without conditions, some of which may be done and others not when it
   * throws. Where transactions are billed it costs half. StoreLimitExceeded for anything else, and with a token.
   */
  apart?: boolean;
}

export const STORE_LIMITS = {
  operations: 100,
  transactionBytes: 4 * 1024 * 1024,
  itemBytes: 400 * 1024,
  keyBytes: 1024,
  page: 1000,
  /** A page holds at least one item and stops at about this size. */
  pageBytes: 1024 * 1024,
  /** Keys in one getMany. */
  keys: 100,
} as const;

export interface Key {
  pk: string;
  sk: string;
}

/** The sparse secondary indexes: an item is in `g1` exactly when it carries `indexes.g1`. */
export type IndexName = 'g1' | 'g2' | 'g3';

export interface Item extends Key {
  data: JsonObject;
  indexes?: Partial<Record<IndexName, Key>>;
  /** Epoch seconds after which the item no longer exists. */
  expiresAt?: number;
  /** True on outbox events: each put of the item is also delivered, at least once and in commit order, by the Feed port. */
  feed?: boolean;
}

export interface Query {
  index?: IndexName;
  pk: string;
  /** All bounds are inclusive; `prefix` excludes the other two. */
  sk?: { prefix?: string; from?: string; to?: string };
  order?: 'ascending' | 'descending';
  limit: number;
  /** Where the last page ended; meaningful only with the same query. */
  cursor?: string;
}

export interface Page {
  items: Item[];
  cursor: string | null;
}

export type Operation =
  | { put: Item; condition?: Condition }
  /**
   * `set`, `add` and `remove` name top-level attributes of `data`, each once; `add` starts from 0, and adding to what is
   * no number refuses the transaction. `indexes`, when given, replaces all index keys (`{}` takes them away); expiry and
   * `feed` stay. Creates the item when it is absent (or expired) and no condition forbids it.
   */
  | {
      update: Key;
      set?: JsonObject;
      add?: Record<string, number>;
      remove?: string[];
      indexes?: Item['indexes'];
      condition?: Condition;
    }
  | { delete: Key; condition?: Condition }
  | { check: Key; condition: Condition };

/** A closed data type, so that every home can evaluate it and none needs an expression language. */
export type Condition =
  | { kind: 'exists' }
  | { kind: 'absent' }
  | { kind: 'equals'; attribute: string; value: Exclude<Json, JsonObject | Json[]> }
  | { kind: 'oneOf'; attribute: string; values: Exclude<Json, JsonObject | Json[]>[] }
  | { kind: 'atLeast' | 'atMost' | 'below'; attribute: string; value: number }
  | { kind: 'missing'; attribute: string }
  | { kind: 'all' | 'any'; of: Condition[] };

/** Nothing was written. `refused` holds the position of each operation whose condition failed, and what stood there. */
export class TransactionRefused extends Error {
  override readonly name = 'TransactionRefused';
  readonly refused: readonly { operation: number; key: Key; found: Item | null }[];
  constructor(refused: TransactionRefused['refused']) {
    super(
      `transaction refused: the condition on ${refused.map((r) => `${r.key.pk} ${r.key.sk}`).join(', ')} did not hold`,
    );
    this.refused = refused;
  }
}

/** The caller broke a limit of the port (an oversized item, a key named twice, 101 operations): a bug above, not bad luck. */
export class StoreLimitExceeded extends Error {
  override readonly name = 'StoreLimitExceeded';
}
