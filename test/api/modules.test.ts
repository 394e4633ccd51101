import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '#lib/base/json';
import { ApiProblem } from '#lib/derive/client/problem';
import type { ScriptedCall } from '#lib/lm/scripted';
import { chat, openTestHouse, type TestHouse } from '../flow/house.ts';

let home: TestHouse;
const script = ({ sample }: ScriptedCall) => chat({ answer: `draw ${sample}` });
beforeAll(async () => {
  home = await openTestHouse(script);
  await create('tools', 'clock', { target: { kind: 'builtin', builtin: 'current_time' } });
  await create('corpora', 'facts', {});
  await fill('facts', ['The tower is high.', 'Bread is baked.']);
});
afterAll(async () => {
  await home.close();
  expect(home.faults).toEqual([]);
});

async function create(path: string, name: string, input: JsonObject): Promise<string> {
  return (await home.client.call<{ id: string }>(path, 'create', { input: { name, ...input } })).body.id;
}
async function fill(id: string, documents: Json[], action = 'import'): Promise<JsonObject> {
  const content = documents.map((one) => JSON.stringify(one)).join('\n');
  const upload = { contentType: 'application/x-ndjson', content };
  return (await home.client.call<JsonObject>('corpora', action, { id, input: { format: 'jsonl' }, upload })).body;
}
async function refusal(work: Promise<unknown>): Promise<{ code: string; pointers: string[]; detail: string }> {
  const error = await work.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiProblem)) throw error;
  return { code: error.code, pointers: error.problems.map(({ pointer }) => pointer), detail: error.message };
}
let serial = 0;
const declare = (definition: JsonObject) => create('modules', `m${serial++}`, { definition });

describe('a module is checked where it is declared', () => {
  test.each(['program_of_thought', 'ProgramOfThought', 'code_act', 'CodeAct', 'rlm', 'RLM'])(
    '%s is refused, with why and what to use',
    async (type) => {
      const { code, pointers, detail } = await refusal(declare({ type, signature: 'question -> answer' }));
      expect([code, pointers]).toEqual(['module_needs_sandbox', ['/definition/type']]);
      expect(detail).toMatch(/runs Python that a model has written.*use react/s);
    },
  );

  const reward = { expression: 'outputs.answer = "x"' };
  const signature = 'question -> answer';
  test.each([
    [{ type: 'predict' }, '/definition/signature'],
    [{ type: 'react', signature }, '/definition/tools'],
    [{ type: 'predict', signature, tools: [] }, '/definition/tools'],
    [{ type: 'react', signature, tools: ['clock', 'clock'] }, '/definition/tools/1'],
    [{ type: 'best_of_n', signature }, '/definition/reward'],
    [{ type: 'majority', signature, reward }, '/definition/reward'],
    [{ type: 'best_of_n', signature, reward: { expression: 'labels.x' } }, '/definition/reward/expression'],
    [{ type: 'best_of_n', signature, reward: { expression: '((' } }, '/definition/reward/expression'],
    [{ type: 'predict', signature, of: 'predict' }, '/definition/of'],
    [{ type: 'refine', signature, reward, of: 'refine' }, '/definition/of'],
    [{ type: 'retrieve' }, '/definition/corpus'],
    [{ type: 'retrieve', corpus: { name: 'facts', search: 'embedding' } }, '/definition/corpus/embedder'],
    [{ type: 'retrieve', signature: 'a, b -> c', corpus: { name: 'facts' } }, '/definition/signature'],
    [{ type: 'majority', signature, options: { field: 'nothing' } }, '/definition/options/field'],
    [{ type: 'chain_of_thought', signature, predictors: { self: {} } }, '/definition/predictors/self'],
    [{ type: 'predict', signature, options: { n: 0 } }, '/definition/options/n'],
  ] as [JsonObject, string][])('%j', async (definition, pointer) => {
    expect((await refusal(declare(definition))).pointers).toContain(pointer);
  });

  test('names that lead nowhere are not found', async () => {
    expect((await refusal(declare({ type: 'react', signature, tools: ['nobody'] }))).code).toBe('not_found');
    expect((await refusal(declare({ type: 'retrieve', corpus: { name: 'nowhere' } }))).code).toBe('not_found');
    await create('corpora', 'empty', {});
    expect((await refusal(declare({ type: 'retrieve', corpus: { name: 'empty' } }))).code).toBe('corpus_empty');
  });
});

describe('a tool is checked where it is declared', () => {
  const http = (url: string, parameters: JsonObject = {}): JsonObject => ({
    target: { kind: 'http', http: { url } },
    parameters,
  });
  test.each([
    [http('ftp://example.com'), '/target/http/url'],
    [http('https://{host}/x', { properties: { host: {} } }), '/target/http/url'],
    [http('https://x.example/{id}'), '/target/http/url'],
    [http('not a url'), '/target/http/url'],
    [{ target: { kind: 'builtin', builtin: 'rm' } }, '/target/builtin'],
    [{ target: { kind: 'python', python: { function: 'no' } } }, '/target/python/function'],
    [http('https://x.example/', { type: 'string' }), '/parameters/type'],
    [http('https://x.example/', { properties: { a: { type: 'strange' } } }), '/parameters'],
    [http('https://x.example/', { properties: { a: { type: 'string', pattern: '^(a+)+$' } } }), '/parameters'],
    [http('https://x.example/', { properties: { a: { $ref: 'http://elsewhere/' } } }), '/parameters'],
    [http('https://x.example/', { properties: { a: { description: 'x'.repeat(30_000) } } }), '/parameters'],
  ] as [JsonObject, string][])('%#', async (input, pointer) => {
    expect((await refusal(create('tools', `t${serial++}`, input))).pointers).toContain(pointer);
  });

  test('"finish" is ReAct’s own', async () => {
    expect(
      (await refusal(create('tools', 'finish', { target: { kind: 'builtin', builtin: 'calculator' } }))).code,
    ).toBe('tool_reserved');
  });

  test('trying one tells its result, or its error as ReAct would see it', async () => {
    const id = await create('tools', 'sum', { target: { kind: 'builtin', builtin: 'calculator' } });
    const call = async (input: JsonObject) =>
      (await home.client.call<JsonObject>('tools', 'call', { id, input: { arguments: input } })).body;
    expect(await call({ expression: '6*7' })).toEqual({ result: 42, error: null });
    expect(await call({})).toMatchObject({ result: null, error: expect.stringContaining('/expression') });
    const inner = await create('tools', 'inner', http('http://169.254.169.254/latest/meta-data/'));
    const { body } = await home.client.call<JsonObject>('tools', 'call', { id: inner, input: {} });
    expect(body).toEqual({
      result: null,
      error: 'http://169.254.169.254 may not be called: 169.254.169.254 is link-local',
    });
    const found = await home.client.call<JsonObject>('tools', 'discover', { input: { url: 'http://127.0.0.1:9/' } });
    expect(found.body).toMatchObject({ tools: [], error: expect.stringContaining('no public address') });
  });
});

describe('a corpus', () => {
  test('has immutable versions; what is appended under a known id replaces the old', async () => {
    await create('corpora', 'log', {});
    await fill('log', [{ id: 'a', text: 'first red' }, 'second green']);
    expect(await fill('log', [{ id: 'a', text: 'first blue' }, 'third'], 'append')).toMatchObject({
      version: 2,
      documents: 3,
      added: 1,
    });
    const search = async (query: string, version?: number) => {
      const input = { query, ...(version === undefined ? {} : { version }) };
      const { body } = await home.client.call<{ passages: { text: string }[] }>('corpora', 'search', {
        id: 'log',
        input,
      });
      return body.passages.map(({ text }) => text);
    };
    expect(await search('blue')).toEqual(['first blue']);
    expect(await search('red')).toEqual([]);
    expect(await search('red', 1)).toEqual(['first red']);
    const { body } = await home.client.call<JsonObject>('corpora', 'documents', {
      id: 'log',
      input: { offset: 1, limit: 1 },
    });
    expect(body).toEqual({ items: [{ id: expect.any(String), text: 'second green' }], next: 2 });
    expect((await refusal(fill('log', [{ text: '' }, 'fine', 3]))).pointers).toEqual(['/0', '/2']);
  });
});

describe('a published version keeps what it was published with', () => {
  const publish = async (name: string, modules: JsonObject, input: string, output: string) => {
    const graph = {
      name,
      input: { [input]: 'str' },
      output: { [output]: `nodes.n.${output}` },
      nodes: [{ id: 'n', kind: 'module', module: 'm', inputs: { [input]: `input.${input}` } }],
    };
    return create('programs', name, { source: { graph, modules } });
  };
  const version = async (id: string) =>
    (await home.client.version('programs', id, 1)).body.body as unknown as {
      modules: { m: JsonObject };
      origin: JsonObject;
      checksum: string;
    };
  const run = async (id: string, input: JsonObject) =>
    (await home.client.call<JsonObject>('programs', 'run', { id, wait: true, input: { input } })).body;

  test('its corpus version, whatever is imported later', async () => {
    await create('corpora', 'pinned', {});
    await fill('pinned', ['old fact']);
    const id = await publish('finder', { m: { type: 'retrieve', corpus: { name: 'pinned' } } }, 'query', 'passages');
    await fill('pinned', ['new fact']);
    expect(await run(id, { query: 'fact' })).toMatchObject({
      state: 'completed',
      output: { passages: ['old fact'] },
      usage: { calls: 0 },
    });
  });

  test('its tools, whatever becomes of the original; where they came from is told', async () => {
    const target = { kind: 'builtin', builtin: 'calculator' };
    const tool = await create('tools', 'adder', { description: 'Adds.', target });
    const id = await publish(
      'agent',
      { m: { type: 'react', signature: 'question -> answer', tools: ['adder'] } },
      'question',
      'answer',
    );
    const { rev } = await home.client.get('tools', tool);
    await home.client.call('tools', 'delete', { id: tool, ifMatch: rev ?? 0 });
    const { modules, origin } = await version(id);
    expect(modules.m.tools).toMatchObject([{ name: 'adder', description: 'Adds.', ...target }]);
    expect(origin).toMatchObject({ 'tools/adder': `${tool}@1` });
  });

  test('what is exported can be published again, and is the same', async () => {
    const m = {
      ...{ type: 'best_of_n', of: 'react', signature: 'question -> answer', options: { n: 2, maxIters: 3 } },
      reward: { metric: { kind: 'contains', output: 'answer', label: 'question' } },
      tools: [
        'clock',
        { name: 'find', target: { kind: 'corpus', corpus: { name: 'facts' } } },
        {
          name: 'get',
          parameters: { properties: { a: {} } },
          target: { kind: 'http', http: { url: 'https://x.example/{a}' } },
        },
      ],
      predictors: { react: { instructions: 'Act.' } },
    };
    const id = await publish('exported', { m }, 'question', 'answer');
    const { body } = await home.client.call<{ text: string }>('programs', 'export', {
      id,
      input: { version: 1, format: 'json' },
    });
    const again = await create('programs', 'again', { source: JSON.parse(body.text) as JsonObject });
    expect((await version(again)).checksum).toBe((await version(id)).checksum);
  });

  test('draws reach the provider with a sample each, and the reward chooses', async () => {
    const m = {
      type: 'best_of_n',
      signature: 'question -> answer',
      options: { n: 3 },
      reward: { expression: '$contains(outputs.answer, "1") ? 0.5 : 0' },
    };
    const id = await publish('drawn', { m }, 'question', 'answer');
    expect(await run(id, { question: 'q' })).toMatchObject({
      output: { answer: 'draw 1' },
      usage: { calls: 3, cacheHits: 0 },
    });
    expect(await run(id, { question: 'q' })).toMatchObject({
      output: { answer: 'draw 1' },
      usage: { calls: 3, cacheHits: 3 },
    });
  });
});
