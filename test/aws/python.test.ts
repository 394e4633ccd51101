import { once } from 'node:events';
import { createServer } from 'node:http';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it, onTestFinished } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { LambdaPython } from '#lib/aws/python';
import type { Json } from '#lib/base/json';
import { rejection } from '../contract/harness.ts';

interface Answer {
  status?: number;
  functionError?: string;
  type?: string;
  body: Json;
}

/** Lambda's own address for invocations; null never answers. */
async function lambda(answer: Answer | null) {
  const events: Json[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    events.push({ path: request.url ?? '', event: JSON.parse(Buffer.concat(chunks).toString()) as Json });
    if (answer === null) return;
    response.writeHead(answer.status ?? 200, {
      ...(answer.functionError === undefined ? {} : { 'x-amz-function-error': answer.functionError }),
      ...(answer.type === undefined ? {} : { 'x-amzn-errortype': answer.type }),
    });
    response.end(JSON.stringify(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const access = {
    endpoint: `http://127.0.0.1:${address.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  };
  const client = new LambdaClient(clientOptions(access, { requestTimeoutMs: 5000, maxAttempts: 1 }));
  const python = new LambdaPython({ client, functionName: 'python', context: { workspaceId: 'wks_a' } });
  return { python, events };
}

const CALL = { operation: 'run_module', payload: { inputs: { q: 'é' } } };

it('a call is one invocation with operation, payload and context; progress comes before the result', async () => {
  const { python, events } = await lambda({ body: { result: { outputs: { a: 1 } }, progress: [1, 2] } });
  const told: Json[] = [];
  expect(python.status().state).toBe('cold');
  const result = await python.call({ ...CALL, onProgress: (one) => told.push(one) });
  expect([result, told]).toEqual([{ outputs: { a: 1 } }, [1, 2]]);
  expect(events).toEqual([
    { path: '/2015-03-31/functions/python/invocations', event: { ...CALL, context: { workspaceId: 'wks_a' } } },
  ]);
  expect(python.status()).toMatchObject({ state: 'ready', workers: { busy: 0 }, counts: { calls: 1, ended: {} } });
});

it.each<[string, Answer, { name: string; retryable?: boolean; details?: Json }]>([
  [
    'a failure of the operation is itself',
    {
      body: {
        failure: { name: 'Python.Raised', message: 'KeyError', retryable: false, details: { type: 'KeyError' } },
      },
    },
    { name: 'Python.Raised', retryable: false, details: { type: 'KeyError' } },
  ],
  [
    'a function that took too long',
    {
      functionError: 'Unhandled',
      body: { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 900.00 seconds' },
    },
    { name: 'Step.Timeout' },
  ],
  [
    'a function that died',
    { functionError: 'Unhandled', body: { errorType: 'Runtime.ExitError', errorMessage: 'signal: killed' } },
    { name: 'Python.Crashed' },
  ],
  ['an answer that says nothing', { body: { other: 1 } }, { name: 'Python.Crashed' }],
  ['an answer that is no object', { body: 'text' }, { name: 'Python.Crashed' }],
  [
    'too many at once',
    { status: 429, type: 'TooManyRequestsException', body: { Type: 'User' } },
    { name: 'Python.Saturated', details: { reason: 'pool_saturated' } },
  ],
  [
    'no such function',
    { status: 404, type: 'ResourceNotFoundException', body: { Type: 'User' } },
    { name: 'Python.Unavailable' },
  ],
  ['an expired credential', { status: 403, type: 'ExpiredTokenException', body: {} }, { name: 'Python.Unavailable' }],
])('%s', async (_, answer, failure) => {
  const { python } = await lambda(answer);
  expect(await rejection(python.call(CALL))).toMatchObject({ failure });
  expect(python.status().counts.ended).toEqual({ [failure.name]: 1 });
});

it('a call that is cancelled or late is given up, and says which it was', async () => {
  const { python } = await lambda(null);
  expect(await rejection(python.call({ ...CALL, timeoutMs: 50 }))).toMatchObject({ failure: { name: 'Step.Timeout' } });
  const controller = new AbortController();
  const calling = rejection(python.call({ ...CALL, signal: controller.signal }));
  controller.abort();
  expect(await calling).toMatchObject({ failure: { name: 'Cancelled' } });
});

it('what a function cannot take is refused before it is sent', async () => {
  const { python, events } = await lambda({ body: { result: {} } });
  const refused = python.call({ operation: 'run_module', payload: { text: 'x'.repeat(6 * 1024 * 1024) } });
  expect(await rejection(refused)).toMatchObject({ failure: { name: 'Input.Invalid' } });
  expect(events).toEqual([]);
});
