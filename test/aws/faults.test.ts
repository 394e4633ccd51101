import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, it, onTestFinished } from 'vitest';
import type { AwsAccess } from '#lib/aws/client/options';
import { clientOptions } from '#lib/aws/client/options';
import { DynamoStore } from '#lib/aws/dynamo/store';
import { S3Blobs } from '#lib/aws/s3/blobs';
import { PART_BYTES } from '#lib/aws/s3/multipart';
import { SqsQueue } from '#lib/aws/sqs/queue';
import { systemClock } from '#lib/base/clock';
import { QueueLimitExceeded } from '#lib/ports/queue';
import { StoreLimitExceeded, TransactionRefused } from '#lib/ports/store';
import { rejection, unique } from '../contract/harness.ts';
import { whenEmulated } from './emulated.ts';
import { type Fault, inject, seeded } from './faults.ts';
import { makeQueues } from './queues.ts';
import { makeTables, TEST_PATIENCE } from './tables.ts';

async function storeWith(access: AwsAccess, faultOf: (command: string) => Fault) {
  const tables = await makeTables(access);
  onTestFinished(() => tables.remove());
  const quiet = await makeStoreOn(access, tables.names);
  const faulty = await makeStoreOn(access, tables.names);
  inject(faulty.client, faultOf);
  return { ...faulty, sound: quiet.store, table: tables.names.main };
}

async function makeStoreOn(access: AwsAccess, tables: { main: string; ephemeral: string }) {
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient(clientOptions(access, TEST_PATIENCE));
  onTestFinished(() => client.destroy());
  return { client, store: new DynamoStore({ client, tables, clock: systemClock }) };
}

/** So many of each, of a hundred requests. */
function mixture(seed: number, shares: Partial<Record<NonNullable<Fault>, number>>): () => Fault {
  const random = seeded(seed);
  return () => {
    let drawn = random() * 100;
    for (const [fault, share] of Object.entries(shares)) {
      drawn -= share;
      if (drawn < 0) return fault as Fault;
    }
    return null;
  };
}

whenEmulated('faults', ({ dynamodb, ministack }) => {
  it('throttling, conflicts and time-outs before and after the commit: everything acknowledged is there once', async () => {
    const shares = { throttled: 5, conflict: 10, 'lost before': 3, 'lost after': 5 };
    const { store, sound } = await storeWith(dynamodb, mixture(7, shares));
    const pk = unique('pk');
    const count = 100;
    const outcomes: PromiseSettledResult<void>[] = [];
    for (let from = 0; from < count; from += 20)
      outcomes.push(
        ...(await Promise.allSettled(
          Array.from({ length: 20 }, (_, n) =>
            store.transact([
              { put: { pk, sk: `r#${from + n}`, data: {} }, condition: { kind: 'absent' } },
              { update: { pk, sk: 'sum' }, add: { n: 1 } },
            ]),
          ),
        )),
      );
    const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length;
    const rows = (await sound.query({ pk, sk: { prefix: 'r#' }, limit: 1000 })).items.length;
    // Both writes of each transaction, or neither; an unacknowledged one may be there.
    expect((await sound.get({ pk, sk: 'sum' }))?.data.n).toBe(rows);
    expect(rows).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThan(count * 0.95);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'Unavailable', status: 503 });
  });

  it('control: an addition without a token counts twice when its answer is lost', async () => {
    let lose = true;
    const { client, sound, table } = await storeWith(dynamodb, () => {
      const fault: Fault = lose ? 'lost after' : null;
      lose = false;
      return fault;
    });
    const pk = unique('pk');
    await client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { pk: { S: pk }, sk: { S: 'sum' } },
        UpdateExpression: 'ADD #n :one',
        ExpressionAttributeNames: { '#n': '_n' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    );
    expect((await sound.get({ pk, sk: 'sum' }))?.data.n).toBe(2);
  });

  it('a conditional write whose answer is lost is acknowledged, not refused by itself', async () => {
    let lose = true;
    const { store } = await storeWith(dynamodb, () => {
      const fault: Fault = lose ? 'lost after' : null;
      lose = false;
      return fault;
    });
    await store.transact([{ put: { pk: 'a', sk: 'NAME', data: {} }, condition: { kind: 'absent' } }]);
    expect(
      await rejection(store.transact([{ put: { pk: 'a', sk: 'NAME', data: {} }, condition: { kind: 'absent' } }])),
    ).toBeInstanceOf(TransactionRefused);
  });

  it('answers that are always lost end as Unavailable, with at most one effect', async () => {
    const { store, sound } = await storeWith(dynamodb, () => 'lost after');
    const error = await rejection(store.transact([{ update: { pk: 'a', sk: 'b' }, add: { n: 1 } }]));
    expect(error).toMatchObject({ code: 'aws_unreachable', retryAfterSeconds: 1 });
    expect((await sound.get({ pk: 'a', sk: 'b' }))?.data.n).toBe(1);
  });

  it('throttling that does not end, and a conflict that does not end, are Unavailable, and nothing is written', async () => {
    for (const [fault, code] of [
      ['throttled', 'aws_throttled'],
      ['conflict', 'store_contended'],
    ] as const) {
      const { store, sound } = await storeWith(dynamodb, () => fault);
      const error = await rejection(store.transact([{ put: { pk: 'a', sk: 'b', data: {} } }]));
      expect(error).toMatchObject({ name: 'Unavailable', code, retryAfterSeconds: 1 });
      expect(await sound.get({ pk: 'a', sk: 'b' })).toBeNull();
    }
  });

  it.each([['DynamoDB Local', dynamodb] as const, ['ministack', ministack] as const])(
    'an item of 399 KB is kept, one of 401 KB refused before it is sent: %s',
    async (_, access) => {
      let asked = 0;
      const { store, sound } = await storeWith(access, () => {
        asked += 1;
        return null;
      });
      const put = (kilobytes: number) =>
        store.transact([{ put: { pk: 'a', sk: 'b', data: { text: 'x'.repeat(kilobytes * 1024 - 200) } } }]);
      await put(399);
      const before = asked;
      expect(await rejection(put(401))).toBeInstanceOf(StoreLimitExceeded);
      expect(asked).toBe(before);
      expect(JSON.stringify((await sound.get({ pk: 'a', sk: 'b' }))?.data).length).toBeGreaterThan(398 * 1024);
    },
  );

  it('a message of 255 KB is delivered whole, one of 257 KB refused', async () => {
    const queues = await makeQueues(ministack);
    onTestFinished(() => queues.remove());
    const queue = new SqsQueue(queues);
    const body = (kilobytes: number) => JSON.stringify('é'.repeat((kilobytes * 1024 - 2) / 2));
    await queue.send('job', body(255));
    expect(await rejection(queue.send('job', body(257)))).toBeInstanceOf(QueueLimitExceeded);
    const received = await queue.receive('job', { max: 10, visibilitySeconds: 30 });
    expect(received.map((message) => message.body === body(255))).toEqual([true]);
  });

  it('what JSON allows and SQS does not arrives as the same JSON', async () => {
    const queues = await makeQueues(ministack);
    onTestFinished(() => queues.remove());
    const queue = new SqsQueue(queues);
    const value = '\ufffe\uffff\u0000\u001f\u007f\ud83d\ude00';
    await queue.send('job', JSON.stringify(value), { group: 'wks a/é' });
    const [message] = await queue.receive('job', { max: 1, visibilitySeconds: 30 });
    expect(JSON.parse(message?.body ?? 'null')).toBe(value);
    for (const refused of ['\u0000', '', '\ud800'])
      expect(await rejection(queue.send('job', refused))).toBeInstanceOf(QueueLimitExceeded);
  });

  it('blobs of 6 MB and, in parts, of more than two parts come back whole', async () => {
    const client = new S3Client({ ...clientOptions(ministack, TEST_PATIENCE), forcePathStyle: true });
    onTestFinished(() => client.destroy());
    await client.send(new CreateBucketCommand({ Bucket: 'test-large' }));
    const blobs = new S3Blobs({ client, bucket: 'test-large' });
    for (const size of [6_000_000, 2 * PART_BYTES + 1]) {
      const bytes = Buffer.alloc(size, size % 251);
      const ref = await blobs.put('wks_a', bytes);
      expect(Buffer.compare(await blobs.get('wks_a', ref), bytes)).toBe(0);
    }
  });
});
