import { setTimeout as pause } from 'node:timers/promises';
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Unavailable } from '#lib/base/errors';
import type { Key } from '#lib/ports/store';
import { asking } from '../client/fault.ts';
import { type Attributes, keyAttributes } from './item.ts';
import { KEY_ATTRIBUTES, type TableNames, tableOf } from './schema.ts';

const UNPROCESSED_ROUNDS = 10;

/**
 * What stands under up to 100 different keys, by `nameOf` their key, strongly consistent. Throws Unavailable
 * `aws_throttled` when some are never answered.
 */
export async function readMany(
  keys: readonly Key[],
  { client, tables }: { client: DynamoDBClient; tables: TableNames },
): Promise<Map<string, Attributes>> {
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
    for (const attributes of Object.values(Responses).flat()) found.set(nameOf(keyIn(attributes)), attributes);
    wanted = Object.entries(UnprocessedKeys).flatMap(([table, { Keys = [] }]) => Keys.map((key) => ({ table, key })));
  }
  return found;
}

/** A key as one text. */
export function nameOf({ pk, sk }: Key): string {
  return JSON.stringify([pk, sk]);
}

export function keyIn(attributes: Attributes): Key {
  return { pk: attributes[KEY_ATTRIBUTES.partition]?.S ?? '', sk: attributes[KEY_ATTRIBUTES.sort]?.S ?? '' };
}

function requestItems(wanted: readonly { table: string; key: Attributes }[]) {
  const tables = Map.groupBy(wanted, ({ table }) => table);
  return Object.fromEntries(
    [...tables].map(([table, keys]) => [table, { Keys: keys.map(({ key }) => key), ConsistentRead: true }]),
  );
}
