import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { type AwsAccess, clientOptions } from '#lib/aws/client/options';
import {
  EXPIRY_ATTRIBUTE,
  INDEX_NAMES,
  indexAttributes,
  indexName,
  KEY_ATTRIBUTES,
  type TableNames,
} from '#lib/aws/dynamo/schema';

export interface Tables {
  client: DynamoDBClient;
  names: TableNames;
  remove(): Promise<void>;
}

export const TEST_PATIENCE = { requestTimeoutMs: 20_000, maxAttempts: 4 };

/** Both tables, new and empty, as the stack makes them. */
export async function makeTables(access: AwsAccess): Promise<Tables> {
  const client = new DynamoDBClient(clientOptions(access, TEST_PATIENCE));
  const stem = `test-${randomUUID()}`;
  const names = { main: `${stem}-main`, ephemeral: `${stem}-ephemeral` };
  for (const TableName of Object.values(names)) {
    await client.send(new CreateTableCommand(definitionOf(TableName, TableName === names.main)));
    await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1, maxDelay: 1 }, { TableName });
    const TimeToLiveSpecification = { AttributeName: EXPIRY_ATTRIBUTE, Enabled: true };
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  }
  return {
    client,
    names,
    remove: async () => {
      for (const TableName of Object.values(names)) await client.send(new DeleteTableCommand({ TableName }));
      client.destroy();
    },
  };
}

function definitionOf(TableName: string, main: boolean) {
  const { partition, sort } = KEY_ATTRIBUTES;
  const indexed = main ? INDEX_NAMES : [];
  const attributes = [partition, sort, ...indexed.flatMap((index) => Object.values(indexAttributes(index)))];
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    KeySchema: keySchema(partition, sort),
    ...(main
      ? {
          GlobalSecondaryIndexes: indexed.map((index) => ({
            IndexName: indexName(index),
            KeySchema: keySchema(indexAttributes(index).partition, indexAttributes(index).sort),
            Projection: { ProjectionType: 'KEYS_ONLY' as const },
          })),
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const },
        }
      : {}),
  };
}

function keySchema(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ];
}
