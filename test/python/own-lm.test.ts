import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { prepareEnvironment } from '#lib/local/python/environment';
import { HOST_FOLDER } from '#lib/local/python/host-folder';
import { Pool } from '#lib/local/python/pool';
import { workerEnvironment } from '#lib/local/python/scrub';
import { gatewayRequest } from '#lib/module/python-lm';
import { pythonModels } from '#lib/module/python-models';
import type { PythonLm, PythonLmRequest } from '#lib/ports/python';
import { failure } from '../local/python/pool-here.ts';
import { chat } from '../work/world.ts';
import { MAKING_MS, PYTHON_FOLDER } from './runtime.ts';

let pool: Pool;
beforeAll(async () => {
  const lock = `${HOST_FOLDER}requirements.lock`;
  const { command, path } = await prepareEnvironment({ folder: PYTHON_FOLDER, lock, environment: process.env });
  const environment = {
    ...process.env,
    OPENAI_API_KEY: 'sk-secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    MY_TOKEN: 'lent',
  };
  const args = [fileURLToPath(new URL('program/main.py', import.meta.url))];
  const env = workerEnvironment(environment, { home: PYTHON_FOLDER, path: [HOST_FOLDER, ...path], lent: ['MY_TOKEN'] });
  pool = new Pool({ command, args, env }, { size: 1, startTimeoutMs: 120_000, callTimeoutMs: 60_000 });
}, MAKING_MS);
afterAll(() => pool.close(0));

const known = { provider: 'openai', model: 'known', defaults: { maxTokens: 9 } };
const models = pythonModels({ main: known });

/** Runs an operation against a gateway that answers with the question's text, or as `answer` says. */
async function asked(operation: string, payload: JsonObject = {}, answer?: (request: PythonLmRequest) => string) {
  const requests: PythonLmRequest[] = [];
  const lm: PythonLm = async (request) => {
    models.named(request.model);
    requests.push(request);
    const question = /## q ## \]\]\n(.*)/.exec(String(request.messages.at(-1)?.content))?.[1] ?? '';
    const text = answer?.(request) ?? chat({ reasoning: 'so', answer: `${question} ${request.sample}` });
    return { text, finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 }, costNanoUsd: null };
  };
  return { result: pool.call({ operation, payload, lm }), requests };
}

describe('a user’s own dspy.LM', () => {
  it('is answered by the gateway when the program declares its model, by name or by provider and model', async () => {
    for (const model of ['openai/known', 'main']) {
      const { result, requests } = await asked('own_lm', { model });
      expect(await result).toEqual({ answer: '? 0' });
      expect(requests[0]).toMatchObject({ model, parameters: { temperature: 0.5 }, sample: 0, cache: true });
      expect(JSON.stringify(requests)).not.toContain('sk-not-a-key');
    }
  });

  it('is refused when it does not: no other door is opened', async () => {
    const { result } = await asked('own_lm', { model: 'openai/gpt-4o' });
    expect(await failure(result)).toMatchObject({
      name: 'Model.Unavailable',
      message: expect.stringContaining('gpt-4o'),
    });
  });

  it('asks for n answers as n samples from its rollout on', async () => {
    const { result, requests } = await asked('several');
    expect(await result).toEqual({ answers: ['? 4', '? 5', '? 6'] });
    expect(requests.map(({ parameters }) => parameters.temperature)).toEqual([0.7, 0.7, 0.7]);
  });

  it.each(['in_tasks', 'in_threads'])('may be asked many times at once, %s', async (operation) => {
    const { result } = await asked(operation);
    expect(await result).toEqual({ answers: ['0 0', '1 0', '2 0', '3 0'] });
  });

  it('may be configured for the whole program, again and again', async () => {
    for (const q of ['a', 'b']) expect(await (await asked('configured', { q })).result).toEqual({ answer: `${q} 0` });
  });

  it('with a setting the gateway cannot send is refused, not half obeyed', async () => {
    const { result } = await asked('unknown_setting');
    expect(await failure(result)).toMatchObject({
      name: 'Model.Refused',
      message: expect.stringContaining('logprobs'),
    });
  });

  it('raises DSPy’s own errors, a prompt that is too long among them', async () => {
    const refuse = (message: string) => () => {
      throw new StepFailure('Model.Refused', message);
    };
    expect(await (await asked('caught', {}, refuse('maximum context length is 8192'))).result).toMatchObject({
      caught: 'context',
    });
    expect(await (await asked('caught', {}, refuse('no such key'))).result).toMatchObject({ caught: 'lm' });
  });
});

it('hosted embeddings are refused rather than sent past the gateway', async () => {
  expect(await failure((await asked('embeddings')).result)).toMatchObject({ name: 'Module.Unsupported' });
});

it('a worker sees no key, only what was lent', async () => {
  expect(await (await asked('keys')).result).toEqual({ keys: ['MY_TOKEN'] });
});

it('a request from Python becomes the one a native module makes', () => {
  const request = {
    ...{ model: 'm', messages: [{ role: 'user', content: 'q' }], sample: 2, cache: false },
    parameters: { max_tokens: 5, top_p: 0.5 },
    responseFormat: { type: 'json_schema', json_schema: { name: 'N', schema: { type: 'object' }, strict: true } },
  };
  expect(gatewayRequest(request, known)).toEqual({
    model: known,
    messages: [{ role: 'user', content: 'q' }],
    parameters: { maxTokens: 5, topP: 0.5 },
    responseFormat: { type: 'json_schema', name: 'N', schema: { type: 'object' }, strict: true },
    sample: 2,
    cache: false,
  });
  for (const wrong of [{ parameters: { logprobs: true } }, { messages: [{ role: 'god', content: '' }] }])
    expect(() => gatewayRequest({ ...request, ...wrong }, known)).toThrow(StepFailure);
});
