import { once } from 'node:events';
import { createServer } from 'node:http';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { DynamoStore } from '#lib/aws/dynamo/store';
import { parameterStore } from '#lib/aws/secrets/parameter-store';
import { StateMachines } from '#lib/aws/sfn/workflows';
import { SqsQueue } from '#lib/aws/sqs/queue';
import { systemClock } from '#lib/base/clock';
import { rejection } from '../contract/harness.ts';

const PATIENCE = { requestTimeoutMs: 300, maxAttempts: 2 };
const RUN = { workspaceId: 'wks_a', executionId: 'exe_1' };
const MACHINE = 'arn:aws:states:us-east-1:123456789012:stateMachine:prg';

/** Every port that speaks JSON, against one address. */
function portsAt(endpoint: string) {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const options = clientOptions({ endpoint, region: 'us-east-1', credentials }, PATIENCE);
  const store = new DynamoStore({
    client: new DynamoDBClient(options),
    tables: { main: 'main', ephemeral: 'ephemeral' },
    clock: systemClock,
  });
  const queue = new SqsQueue({
    client: new SQSClient(options),
    urls: { job: { queue: `${endpoint}/1/job`, deadLetters: `${endpoint}/1/dead` } },
  });
  const workflows = new StateMachines({ client: new SFNClient(options), machineOf: async () => MACHINE });
  const parameters = parameterStore(new SSMClient(options), 'dspex/test');
  return {
    read: () => store.get({ pk: 'a', sk: 'b' }),
    write: () => store.transact([{ put: { pk: 'a', sk: 'b', data: {} } }]),
    query: () => store.query({ pk: 'a', limit: 1 }),
    send: () => queue.send('job', '{}'),
    start: () => workflows.start(RUN),
    secret: () => parameters.read('openai'),
  };
}

/** A server that answers everything the same; null never answers. */
async function server(answer: { status: number; type: string } | null): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const listening = createServer((_, response) => {
    asked += 1;
    if (answer === null) return;
    const { status, type } = answer;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: `com.amazonaws#${type}`, message: 'key wks_secret in region x' }));
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  return { url: `http://127.0.0.1:${address.port}`, asked: () => asked };
}

describe('what AWS answers becomes an error that says what to do', () => {
  it.each([
    [400, 'ExpiredTokenException', 'aws_credentials_expired', /credentials have expired; sign in again/],
    [403, 'ExpiredToken', 'aws_credentials_expired', /have expired/],
    [400, 'UnrecognizedClientException', 'aws_credentials_invalid', /does not accept the credentials/],
    [403, 'InvalidSignatureException', 'aws_credentials_invalid', /does not accept the credentials/],
    [400, 'AccessDeniedException', 'aws_denied', /may not do this/],
    [400, 'ThrottlingException', 'aws_throttled', /slow down/],
    [400, 'ResourceNotFoundException', 'aws_resource_missing', /was it deployed/],
    [500, 'InternalServerError', 'aws_failed', /answered 500/],
    [503, 'ServiceUnavailable', 'aws_failed', /answered 503/],
  ])('%i %s is %s', async (status, type, code, says) => {
    const { url } = await server({ status, type });
    const { read, write, start } = portsAt(url);
    for (const attempt of [read, write, start]) {
      const error = await rejection(attempt());
      expect(error).toMatchObject({ name: 'Unavailable', status: 503, code, message: expect.stringMatching(says) });
      // What AWS wrote may quote keys: it stays in the cause.
      expect(String(error)).not.toContain('wks_secret');
    }
  });

  it('a request that AWS calls wrong is a bug of ours, not the caller’s', async () => {
    const { url } = await server({ status: 400, type: 'ValidationException' });
    for (const attempt of Object.values(portsAt(url)))
      expect(await rejection(attempt())).toMatchObject({ name: 'Internal', status: 500, code: 'aws_refused' });
  });

  it('an expired credential is not tried again and again', async () => {
    const { url, asked } = await server({ status: 400, type: 'ExpiredTokenException' });
    await rejection(portsAt(url).read());
    expect(asked()).toBeLessThanOrEqual(2);
  });

  it('no answer ends with the time-out, after as many tries as were allowed', async () => {
    const { url, asked } = await server(null);
    expect(await rejection(portsAt(url).read())).toMatchObject({ code: 'aws_unreachable', retryAfterSeconds: 1 });
    expect(asked()).toBe(PATIENCE.maxAttempts);
  });

  it('nobody there is Unavailable for every port', async () => {
    for (const attempt of Object.values(portsAt('http://127.0.0.1:9')))
      expect(await rejection(attempt())).toMatchObject({ name: 'Unavailable', code: 'aws_unreachable' });
  });
});
