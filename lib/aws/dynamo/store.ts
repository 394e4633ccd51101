import { setTimeout as pause } from 'node:timers/promises';
import { BatchGetItemCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '#lib/base/clock';
import { Unavailable } from '#lib/base/errors';
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
} from '#lib/ports/store';
import { asking } from '../client/fault.ts';
import { type Attributes, aliveAt, keyAttributes } from './item.ts';
import { readPage } from './page.ts';
import { KEY_ATTRIBUTES, type TableNames, tableOf } from './schema.ts';
import { withoutToken, withToken } from './token.ts';
import { transact } from './transaction.ts';

export interface DynamoStoreParts {
  client: DynamoDBClient;
  tables: TableNames;
  clock: Clock;
}

const UNPROCESSED_ROUNDS = 10;

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
    const distinct = new Map(keys.map((key) => [name(key), key]));
    const found = await this.#batch([...distinct.values()]);
    const now = this.#parts.clock.now();
    return keys.map((key) => aliveAt(found.get(name(key)), now));
  }

  async query(query: Query): Promise<Page> {
    checkQuery(query);
    const { client, tables, clock } = this.#parts;
    return readPage(query, { client, tables, now: clock.now() });
  }

  async transact(operations: readonly Operation[], options: { token?: string } = {}): Promise<void> {
    const { client, tables, clock } = this.#parts;
    const parts = { client, tables, now: clock.now() };
    const { token } = options;
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

  async #batch(keys: readonly Key[]): Promise<Map<string, Attributes>> {
    const { client, tables } = this.#parts;
    const found = new Map<string, Attributes>();
    let wanted = keys.map((key) => ({ table: tableOf(tables, key.pk), key: keyAttributes(key) }));
    for (let round = 0; wanted.length > 0; round++) {
      if (round >= UNPROCESSED_ROUNDS)
        throw new Unavailable('aws_throttled', `read of ${tables.main}: ${wanted.length} keys were never answered`, {
          retryAfterSeconds: 1,
        });
      if (round > 0) await pause(Math.random() * Math.min(500, 20 * 2 ** round));
      const { Responses = {}, UnprocessedKeys = {} } = await asking(`read of ${tables.main}`, () =>
        client.send(new BatchGetItemCommand({ RequestItems: requestItems(wanted) })),
      );
      for (const attributes of Object.values(Responses).flat()) found.set(nameOf(attributes), attributes);
      wanted = Object.entries(UnprocessedKeys).flatMap(([table, { Keys = [] }]) => Keys.map((key) => ({ table, key })));
    }
    return found;
  }
}

function requestItems(wanted: readonly { table: string; key: Attributes }[]) {
  const tables = Map.groupBy(wanted, ({ table }) => table);
  return Object.fromEntries(
    [...tables].map(([table, keys]) => [table, { Keys: keys.map(({ key }) => key), ConsistentRead: true }]),
  );
}

function name({ pk, sk }: Key): string {
  return JSON.stringify([pk, sk]);
}

function nameOf(attributes: Attributes): string {
  return name({ pk: attributes[KEY_ATTRIBUTES.partition]?.S ?? '', sk: attributes[KEY_ATTRIBUTES.sort]?.S ?? '' });
}
