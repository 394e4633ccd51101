import type { AwsAccess } from '#lib/aws/client/options';
import { DynamoStore } from '#lib/aws/dynamo/store';
import type { StoreUnderTest } from '../contract/store/under-test.ts';
import { storeContract } from '../contract/store.ts';
import { whenEmulated } from './emulated.ts';
import { makeTables } from './tables.ts';

async function makeStore(access: AwsAccess): Promise<StoreUnderTest> {
  const tables = await makeTables(access);
  // Expiry is judged by the clock we hand in, so time can be moved instead of waited for.
  let later = 0;
  const clock = { now: () => Date.now() + later };
  return {
    store: new DynamoStore({ client: tables.client, tables: tables.names, clock }),
    now: () => clock.now(),
    // Every step is a few requests to another process.
    runs: 20,
    advance: async (milliseconds) => {
      later += milliseconds;
    },
    // Neither emulator's indexes lag.
    settleIndexes: async () => undefined,
    dispose: () => tables.remove(),
  };
}

whenEmulated('DynamoDB', ({ dynamodb, ministack }) => {
  storeContract('DynamoDB Local', () => makeStore(dynamodb));
  storeContract('ministack', () => makeStore(ministack));
});
