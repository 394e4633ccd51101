import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { completion, FAULTS, type Fault, type FaultyServer, faultyServer, json, KEY } from '../lm/faulty-server.ts';
import { openRealHouse, type RealHouse, SOURCE } from './real-house.ts';

let house: RealHouse;
let server: FaultyServer;
/** All that any surface said. */
const said: string[] = [];
const CANARY = 'canary-of-another-variable-7f3a';

beforeAll(async () => {
  server = await faultyServer((reply, { body }) => {
    const fault = String(body.model);
    if (Object.hasOwn(FAULTS, fault)) return FAULTS[fault as Fault](reply);
    const content = ANSWERS[fault] ?? '';
    if (body.stream !== true) return json(reply, 200, completion(content));
    const { usage } = completion('');
    const events = [
      { choices: [{ index: 0, delta: { content } }] },
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
      { choices: [], usage },
    ];
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.end(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
  });
  house = await openRealHouse({ work: true, environment: { CANARY_API_KEY: KEY, OTHER: CANARY } });
});
afterAll(async () => {
  await house.close();
  await server.close();
});

const ANSWERS: Record<string, string> = {
  good: '[[ ## label ## ]]\nodd\n\n[[ ## completed ## ]]',
  prose: 'I would rather talk about something else.',
  wrongvalue: '[[ ## label ## ]]\npurple\n\n[[ ## completed ## ]]',
  nul: '[[ ## label ## ]]\n\0odd\ud800\n\n[[ ## completed ## ]]',
  marker: '[[ ## label ## ]]\n[[ ## label ## ]]\n[[ ## completed ## ]]',
};

const ask = async (method: string, path: string, body?: object) => {
  const response = await house.house.app.request(path, {
    method,
    headers: { authorization: `Bearer ${house.ours.key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  said.push(text, ...[...response.headers].flat());
  return { status: response.status, text, body: (text.startsWith('{') ? JSON.parse(text) : {}) as JsonObject };
};

/** A program on a model of that name at the faulty server; its execution once it has ended. */
async function run(name: string, settings: JsonObject = {}): Promise<JsonObject> {
  const model = await ask('POST', '/v1/language-models', {
    ...{ name, model: `openai/${name}`, endpoint: server.endpoint, secretRef: 'env:CANARY_API_KEY' },
    ...{ limits: { timeoutSeconds: 0.3, maxRetries: 1 }, ...settings },
  });
  expect(model.status, model.text).toBe(201);
  const graph = { ...SOURCE.graph, defaults: { lm: 'model' } };
  const program = await ask('POST', '/v1/programs', {
    name: `on-${name}`,
    source: { ...SOURCE, graph, lms: { model: name } },
  });
  expect(program.status, program.text).toBe(201);
  const { status, body, text } = await ask('POST', `/v1/programs/on-${name}/run?wait=true`, { input: { text: 'n1' } });
  expect(status, text).toBe(200);
  await ask('POST', `/v1/executions/${body.id}/trace`, {});
  await ask('GET', `/v1/executions/${body.id}/events`);
  return body;
}

describe('a model that', () => {
  test('answers is answered for', async () => {
    expect(await run('good')).toMatchObject({ state: 'completed', output: { label: 'odd' }, simulated: false });
    expect(server.received.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  const faults = Object.keys(FAULTS).filter((fault) => fault !== 'fine');
  test.each(faults.map((fault) => fault))(
    '%s fails the run with a word on what happened, and nothing else',
    async (fault) => {
      const execution = await run(fault);
      expect(execution).toMatchObject({
        state: 'failed',
        output: null,
        failure: {
          name: expect.stringMatching(/^(Model|Step\.Timeout|Output\.Invalid)/),
          message: expect.stringMatching(/\S+ \S+/),
        },
      });
    },
    20_000,
  );

  test.each(['prose', 'wrongvalue', 'marker'])(
    'says %s fails to be parsed, and the answer is in the message',
    async (name) => {
      const { state, failure } = await run(name);
      expect(state).toBe('failed');
      expect((failure as JsonObject).name).toBe('Output.Invalid');
    },
  );

  test('says NUL and half a surrogate pair harms nobody', async () => {
    const { state } = await run('nul');
    expect(['completed', 'failed']).toContain(state);
  });

  test('cannot be reached says so in its test', async () => {
    const { text } = await ask('POST', '/v1/language-models', {
      ...{ name: 'nowhere', model: 'openai/x', endpoint: 'http://127.0.0.1:1/v1', secretRef: 'env:CANARY_API_KEY' },
      ...{ limits: { maxRetries: 0 } },
    });
    expect(text).not.toContain(KEY);
    const { status, body } = await ask('POST', '/v1/language-models/nowhere/test', {});
    expect([status, body.ok]).toEqual([200, false]);
    expect(body.failure).toMatch(/^Model\.Transient: .*connection/);
  });

  test('wants a secret that is not there says which, not what', async () => {
    const { failure } = await run('unkeyed', { secretRef: 'env:NOT_SET' });
    expect((failure as JsonObject).message).toMatch(/secret/i);
  });

  test.each(['env:DSPEX_API_KEY', 'local:cursor-key'])(
    'wants %s gets nothing: these are the house’s own',
    async (secretRef) => {
      const before = server.received.length;
      const { state } = await run(`thief-${secretRef.replace(/\W/g, '-').toLowerCase()}`, { secretRef });
      expect(state).toBe('failed');
      expect(server.received.length).toBe(before);
    },
  );
});

describe('an expression that never ends', () => {
  test.each([
    ['$sum([1..10000000].($sum([1..10000000])))'],
    ['$count([1..9999999])'],
    ['$join($map([1..1000000], $string))'],
    ['(nodes.spin)'],
  ])('%s is refused or ended, and others are served meanwhile', async (expression) => {
    const source = {
      graph: {
        ...{ name: 'endless', input: {}, output: { n: 'nodes.spin' } },
        nodes: [{ id: 'spin', kind: 'transform', inputs: {}, expression, timeoutSeconds: 5 }],
      },
    };
    const name = `endless-${Math.abs(expression.length)}-${expression.charCodeAt(1)}`;
    const made = await ask('POST', '/v1/programs', { name, source });
    if (made.status === 400) return expect(made.body.errors).not.toEqual([]);
    const { body } = await ask('POST', `/v1/programs/${name}/run?wait=true`, { input: {} });
    expect(body).toMatchObject({ state: 'failed', failure: { message: expect.stringMatching(/\S+ \S+/) } });
  });
});

describe('a secret', () => {
  test('is in nothing that was said: answers, headers, traces, events, audit, metrics, faults', async () => {
    for (const path of ['/v1/audit-events?limit=100', '/v1/language-models?limit=100', '/v1/executions?limit=100'])
      await ask('GET', path);
    for (const path of ['/metrics', '/openapi.json', '/healthz']) await ask('GET', path);
    await ask('POST', '/v1/language-models/badKey/test', {});
    expect(said.length).toBeGreaterThan(100);
    const everything = [...said, ...house.faults].join('\n');
    for (const secret of [KEY, KEY.slice(3, 20), CANARY, house.ours.key.slice(-43)])
      expect(everything.includes(secret), secret).toBe(false);
  });

  test('lies in no file of the data folder', async () => {
    const names = await readdir(house.dataDir, { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const bytes = await readFile(file);
      for (const secret of [KEY, CANARY]) expect(bytes.includes(secret), `${secret} in ${file}`).toBe(false);
    }
  });
});
