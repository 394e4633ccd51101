import { once } from 'node:events';
import { createServer } from 'node:http';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it, onTestFinished } from 'vitest';
import { clientOptions } from '#lib/aws/client/options';
import { LambdaPython } from '#lib/aws/python';
import type { Json, JsonObject } from '#lib/base/json';
import { rejection } from '../contract/harness.ts';

interface Answer {
  status?: number;
  functionError?: string;
  type?: string;
  body: Json;
}

/** Lambda's own address for invocations; null never answers. */
async function lambda(answer: Answer | null, ...next: Answer[]) {
  const events: Json[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    events.push({ path: request.url ?? '', event: JSON.parse(Buffer.concat(chunks).toString()) as Json });
    const told = events.length === 1 ? answer : (next[events.length - 2] ?? answer);
    if (told === null) return;
    response.writeHead(told.status ?? 200, {
      ...(told.functionError === undefined ? {} : { 'x-amz-function-error': told.functionError }),
      ...(told.type === undefined ? {} : { 'x-amzn-errortype': told.type }),
    });
    response.end(JSON.stringify(told.body));
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
  const packages = 'a'.repeat(64);
  const python = new LambdaPython({ client, functionName: 'python', packages, context: { workspaceId: 'wks_a' } });
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

const WANTED: Answer = {
  body: { failure: { name: 'Module.Unsupported', message: '', retryable: false, details: { wanted: 'package' } } },
};
const ADOPTED = { operation: 'run_program', payload: { package: { sha256: 'f'.repeat(64), bytes: 3 }, inputs: {} } };

it('the files of an adopted program are sent to a function that has not unpacked them, and to no other', async () => {
  const asked: Json[] = [];
  const asks = {
    package: async (request: JsonObject) => {
      asked.push(request);
      return { archive: 'Zg==' };
    },
  };
  const cold = await lambda(WANTED, { body: { result: { outputs: {} } } });
  expect(await cold.python.call({ ...ADOPTED, asks })).toEqual({ outputs: {} });
  expect(cold.events).toMatchObject([{ event: ADOPTED }, { event: { ...ADOPTED, archive: 'Zg==' } }]);
  expect(asked).toEqual([ADOPTED.payload.package]);
  const warm = await lambda({ body: { result: { outputs: {} } } });
  await warm.python.call({ ...ADOPTED, asks });
  expect([warm.events.length, asked.length]).toEqual([1, 1]);
});

it('a function that wants the files again after it was sent them fails as it says; one that wants none gets none', async () => {
  const { python, events } = await lambda(WANTED);
  const asks = { package: async () => ({ archive: 'Zg==' }) };
  expect(await rejection(python.call({ ...ADOPTED, asks }))).toMatchObject({ failure: { name: 'Module.Unsupported' } });
  expect(events).toHaveLength(2);
  expect(await rejection(python.call(CALL))).toMatchObject({ failure: { name: 'Internal' } });
});

it('files too large for an invocation are refused with the size that fits', async () => {
  const { python } = await lambda(WANTED);
  const asks = { package: async () => ({ archive: 'x'.repeat(6 * 1024 * 1024) }) };
  const refused = await rejection(python.call({ ...ADOPTED, asks }));
  expect(refused).toMatchObject({
    failure: { name: 'Input.Invalid', message: expect.stringContaining('6291456 bytes') },
  });
});

it('packages of a program run where the function was deployed with them, and nowhere else', async () => {
  const { python, events } = await lambda({ body: { result: { ok: true } } });
  const packages = (key: string) => ({ key, lock: async () => '' });
  expect(await python.call({ ...CALL, packages: packages('a'.repeat(64)) })).toEqual({ ok: true });
  expect(await rejection(python.call({ ...CALL, packages: packages('b'.repeat(64)) }))).toMatchObject({
    failure: { name: 'Python.Unavailable', message: expect.stringContaining('pythonLock') },
  });
  expect(events).toHaveLength(1);
});
