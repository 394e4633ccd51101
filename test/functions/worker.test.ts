import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, expect, it, vi } from 'vitest';
import { Unavailable } from '#lib/base/errors';
import { MAX_RECEIVES } from '#lib/ports/queue';
import { repair } from '../../functions/aws-house/repair.ts';
import { type SqsEvent, worker } from '../../functions/aws-house/worker.ts';
import type { Aws } from '../../functions/wire-aws.ts';
import { openWorld } from '../work/world.ts';

// Read as the worker is loaded.
vi.hoisted(() => {
  Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' });
});

/** What SQS was asked, and whether it is there. */
const sqs = { asked: [] as { VisibilityTimeout: number; QueueUrl: string; ReceiptHandle: string }[], down: false };

beforeAll(async () => {
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (sqs.down) return void response.destroy();
    expect(request.headers['x-amz-target']).toBe('AmazonSQS.ChangeMessageVisibility');
    sqs.asked.push(JSON.parse(Buffer.concat(pieces).toString()));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
  });
});

const message = { v: 1, workspaceId: 'wks_a', principal: 'key_1', optimizationId: 'opt_1' };
const record = (messageId: string, delivery: number, body = JSON.stringify({ ...message, sliceId: messageId })) => ({
  ...{ messageId, body, receiptHandle: `receipt of ${messageId}` },
  eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:dspex-prod-slice',
  attributes: { ApproximateReceiveCount: String(delivery) },
});
const context = { awsRequestId: 'r', invokedFunctionArn: 'arn', getRemainingTimeInMillis: () => 60_000 };

/** Calls a function whose slices fail as `failing` says; the ids it reports as failed, and what SQS was asked. */
async function called(event: SqsEvent, failing: Record<string, Error>) {
  sqs.asked.length = 0;
  const given: string[] = [];
  // A record that is over: giving it up finds nothing to do.
  const acting = { get: async () => ({ state: 'cancelled' }), list: async () => ({ items: [], nextCursor: null }) };
  const aws = { flush: async () => {}, work: { kernel: { acting: () => acting } } } as unknown as Aws;
  const handler = worker(
    'slice',
    () => aws,
    () => ({
      slice: async ({ sliceId }) => {
        given.push(sliceId);
        const error = failing[sliceId];
        if (error !== undefined) throw error;
      },
    }),
  );
  const answer = (await handler(event, context)) as { batchItemFailures: { itemIdentifier: string }[] };
  return { given, failed: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

it('a dead letter that nobody can read keeps nothing else from its repair', async () => {
  const world = await openWorld(() => '');
  const bodies = [
    '{',
    'null',
    '{"v":2}',
    JSON.stringify({ v: 1, workspaceId: 'w', principal: 'p', executionId: 'exe_1' }),
  ];
  const queue = { deadLetters: async () => bodies.map((body) => ({ body })), send: async () => {} };
  const house = { work: world.home, home: { queue } } as unknown as Parameters<typeof repair>[0];
  expect(await repair(house, world.workspaceId, async () => 0)).toEqual({ restarted: [], givenUp: [] });
});

const seconds = () =>
  Object.fromEntries(sqs.asked.map(({ ReceiptHandle, VisibilityTimeout }) => [ReceiptHandle, VisibilityTimeout]));

it('messages of a batch fail each by itself, a poisoned one too, and come again soon: later for what is not their fault', async () => {
  const throttled = new Unavailable('aws_throttled', 'slow down', { retryAfterSeconds: 1 });
  const Records = [record('good', 1), record('bug', 2), record('outage', 2), record('poison', 1, '{"v":2}')];
  const { given, failed } = await called({ Records }, { bug: new TypeError('a bug'), outage: throttled });
  expect(given.sort()).toEqual(['bug', 'good', 'outage']);
  expect(failed.sort()).toEqual(['bug', 'outage', 'poison']);
  expect(seconds()).toMatchObject({ 'receipt of bug': 4, 'receipt of outage': 60 });
  expect(sqs.asked[0]?.QueueUrl).toBe('https://sqs.us-east-1.amazonaws.com/123456789012/dspex-prod-slice');
});

it('an outage is given time before the last delivery; none waits longer than a quarter of an hour', async () => {
  const outage = new Unavailable('aws_unreachable', 'gone');
  const waits: number[] = [];
  for (let delivery = 1; delivery < MAX_RECEIVES; delivery++) {
    await called({ Records: [record('one', delivery)] }, { one: outage });
    waits.push(seconds()['receipt of one'] ?? -1);
  }
  expect(waits).toEqual([15, 60, 240, 900]);
});

it('a queue that does not answer changes nothing: the failure is reported all the same', async () => {
  sqs.down = true;
  const { failed } = await called({ Records: [record('one', 1)] }, { one: new TypeError('a bug') });
  sqs.down = false;
  expect(failed).toEqual(['one']);
});
