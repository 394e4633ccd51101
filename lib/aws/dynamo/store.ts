import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '#lib/base/clock';
import { checkKey, checkQuery } from '#lib/ports/limits';
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
import { asking } from '../client/fault.ts';
import { aliveAt, keyAttributes } from './item.ts';
import { readPage } from './page.ts';
import { nameOf, readMany } from './read-many.ts';
import { type TableNames, tableOf } from './schema.ts';
import { withoutToken, withToken } from './token.ts';
import { transact } from './transaction.ts';
import { writeApart } from './write-apart.ts';

export interface DynamoStoreParts {
  client: DynamoDBClient;
  tables: TableNames;
  clock: Clock;
}

/** The Store port on two DynamoDB tables; see `schema.ts` for which item lives in which. */
export class DynamoStore implements Store {
  readonly #parts: DynamoStoreParts;

  constructor(parts: DynamoStoreParts) {
    this.#parts = parts;
  }

  async get(key: Key): Promise<Item | null> {
    checkKey(key);
    const { client, tables, clock } = this.#parts;
    const TableName = tableOf(tables, key.pk);
    const { Item: attributes } = await asking(`read of ${TableName}`, () =>
      client.send(new GetItemCommand({ TableName, Key: keyAttributes(key), ConsistentRead: true })),
    );
    return aliveAt(attributes, clock.now());
  }

  async getMany(keys: readonly Key[]): Promise<(Item | null)[]> {
    if (keys.length > STORE_LIMITS.keys)
      throw new StoreLimitExceeded(`getMany takes at most ${STORE_LIMITS.keys} keys, got ${keys.length}`);
    for (const key of keys) checkKey(key);
    // DynamoDB refuses a key that is named twice.
    const distinct = new Map(keys.map((key) => [nameOf(key), key]));
    const found = await readMany([...distinct.values()], this.#parts);
    const now = this.#parts.clock.now();
    return keys.map((key) => aliveAt(found.get(nameOf(key)), now));
  }

  async query(query: Query): Promise<Page> {
    checkQuery(query);
    const { client, tables, clock } = this.#parts;
    return readPage(query, { client, tables, now: clock.now() });
  }

  async transact(operations: readonly Operation[], options: TransactOptions = {}): Promise<void> {
    const { client, tables, clock } = this.#parts;
    const parts = { client, tables, now: clock.now() };
    const { token, apart } = options;
    if (apart === true) return writeApart(operations, parts, token);
    if (token === undefined) return transact(operations, parts);
    // A copy: the token is compared after the request, when the caller may have changed its objects.
    const asked = structuredClone([...operations]);
    try {
      await transact(withToken(token, asked, parts.now), parts);
    } catch (error) {
      const failure = withoutToken(error, token, asked);
      if (failure !== null) throw failure;
    }
  }

  async close(): Promise<void> {
    this.#parts.client.destroy();
  }
}
