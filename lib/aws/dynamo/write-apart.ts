import { setTimeout as pause } from 'node:timers/promises';
import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { Unavailable } from '#lib/base/errors';
import { checkApart, checkOperations, checkSizes, itemBytes, keyOf } from '#lib/ports/limits';
import type { Operation } from '#lib/ports/store';
import { asking } from '../client/fault.ts';
import { keyAttributes, toAttributes } from './item.ts';
import { type TableNames, tableOf } from './schema.ts';

const GROUP = 25;
const UNPROCESSED_ROUNDS = 10;

/**
 * Puts and deletes that need not happen together: at half of what a transaction costs. Carried out again they change
 * nothing, so whatever was not answered is simply sent again.
 */
export async function writeApart(
  operations: readonly Operation[],
  { client, tables }: { client: DynamoDBClient; tables: TableNames },
  token?: string,
): Promise<void> {
  checkOperations(operations);
  checkApart(operations, token);
  checkSizes(operations.flatMap((one) => ('put' in one ? [{ key: one.put, bytes: itemBytes(one.put) }] : [])));
  const all = operations.map((one) => ({ table: tableOf(tables, keyOf(one).pk), request: requestOf(one) }));
  for (let from = 0; from < all.length; from += GROUP) {
    let wanted = all.slice(from, from + GROUP);
    for (let round = 0; wanted.length > 0; round++) {
      if (round >= UNPROCESSED_ROUNDS)
        throw new Unavailable('aws_throttled', `writes to ${tables.main}: ${wanted.length} were never carried out`, {
          retryAfterSeconds: 1,
        });
      if (round > 0) await pause(Math.random() * Math.min(500, 20 * 2 ** round));
      const { UnprocessedItems = {} } = await asking(`writes to ${tables.main}`, () =>
        client.send(new BatchWriteItemCommand({ RequestItems: byTable(wanted) })),
      );
      wanted = Object.entries(UnprocessedItems).flatMap(([table, left]) => left.map((request) => ({ table, request })));
    }
  }
}

function requestOf(operation: Operation): WriteRequest {
  if ('put' in operation) return { PutRequest: { Item: toAttributes(operation.put) } };
  return { DeleteRequest: { Key: keyAttributes(keyOf(operation)) } };
}

function byTable(wanted: readonly { table: string; request: WriteRequest }[]): Record<string, WriteRequest[]> {
  const tables = Map.groupBy(wanted, ({ table }) => table);
  return Object.fromEntries([...tables].map(([table, all]) => [table, all.map(({ request }) => request)]));
}
