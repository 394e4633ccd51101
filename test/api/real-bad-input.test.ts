import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { METRIC as metric, openRealHouse, type RealHouse, SOURCE } from './real-house.ts';
import type { Problem } from './world.ts';

let house: RealHouse;
beforeAll(async () => {
  house = await openRealHouse();
});
afterAll(async () => {
  await house.close();
  expect(house.faults).toEqual([]);
});

const ask = async (method: string, path: string, body: string | object, type = 'application/json') => {
  const response = await house.house.app.request(path, {
    method,
    headers: { authorization: `Bearer ${house.ours.key}`, 'content-type': type },
    body: body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as JsonObject & Partial<Problem>;
  return { status: response.status, answer, errors: answer.errors ?? [] };
};
const pointers = (errors: Problem['errors']) => errors.map(({ pointer }) => pointer);

describe('a dataset file that is not good', () => {
  const into = async (file: string | Uint8Array, query = 'format=jsonl') =>
    ask('POST', `/v1/datasets/${house.ours.datasetId}/import?${query}`, file, 'application/octet-stream');
  const row = (text: string) => `{"inputs":{"text":${text}},"labels":{"label":"odd"}}`;
  const good = row('"fine"');

  test.each([
    ['no JSON', `${good}\n{"inputs":`, 'line 2: wanted a value, found the end'],
    ['a duplicate key', row('{"a":1,"a":2}'), 'line 1: key "a" occurs twice'],
    ['a prototype', `${good}\n\n${row('{"__proto__":{"admin":true}}')}`, 'line 3: the key "__proto__" is not allowed'],
    ['half a surrogate pair', row('"\\ud800"'), 'line 1: a lone surrogate in a string'],
    ['an escaped NUL', row('"\\u0000"'), 'line 1: a NUL character in a string'],
    ['a raw NUL', row('"\0"'), 'line 1: control character'],
    ['deep nesting', row(`${'['.repeat(40)}${']'.repeat(40)}`), 'line 1: nested deeper than 32'],
    ['a hundred thousand brackets', '['.repeat(100_000), 'line 1: nested deeper than 32'],
    ['a number beyond a double', row('1e400'), 'line 1: number 1e400 is out of range'],
    ['an integer that cannot be kept', row('9007199254740993'), 'cannot be kept exactly'],
    ['an unknown member', '{"inputs":{"text":"x"},"lables":{}}', 'lables'],
    ['a line of 300 kB', row(`"${'x'.repeat(300_000)}"`), 'a row is at most 262144 bytes'],
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), 'UTF-16'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'wanted UTF-8 text'],
    ['nothing', '', 'no'],
  ])('%s: the line and what was there, and nothing is imported', async (_what, file, words) => {
    const { body: before } = await house.ours.client.get('datasets', house.ours.datasetId);
    const { status, answer, errors } = await into(file);
    expect(status).toBe(400);
    expect(`${answer.detail} ${errors.map(({ detail }) => detail).join(' ')}`).toContain(words);
    expect((await house.ours.client.get('datasets', house.ours.datasetId)).body).toEqual(before);
  });

  test('all bad lines are named at once', async () => {
    const { errors } = await into([good, 'x', good, '{"inputs":7}', row('"\\ud800"')].join('\n'));
    expect(errors.map(({ pointer, detail }) => [pointer, detail.split(':')[0]])).toEqual([
      ...[
        ['/rows/1', 'line 2'],
        ['/rows/3', 'line 4'],
        ['/rows/4', 'line 5'],
      ].map(([pointer, line]) => [expect.stringMatching(new RegExp(`^${pointer}`)), line]),
    ]);
  });

  test('a byte order mark and CRLF are forgiven', async () => {
    const { status, answer } = await into(`\ufeff${good}\r\n${row('"two"')}\r\n`);
    expect([status, answer.examples]).toEqual([200, 2]);
  });

  test.each([
    ['a mapping that is no JSON', 'mapping=%7B', '/mapping'],
    [
      'a mapping of other members',
      `mapping=${encodeURIComponent('{"inputs":["a"],"surprise":1}')}`,
      '/mapping/surprise',
    ],
    ['a format there is not', 'format=xml', '/format'],
  ])('%s is named by its place', async (_what, query, pointer) => {
    const { status, errors } = await into('a\nx\n', query.includes('format') ? query : `format=csv&${query}`);
    expect([status, pointers(errors)]).toEqual([400, [pointer]]);
  });
});

describe('a program that is wrong in many ways', () => {
  const node = SOURCE.graph.nodes[0];
  const validate = (source: object) => ask('POST', '/v1/programs/validate', { source });

  test('every problem of the shape is named at once', async () => {
    const { status, errors } = await validate({
      graph: {
        name: 'x',
        input: { '1bad': 'str' },
        output: {},
        nodes: [{ id: 'Bad Id', kind: 'nonsense' }],
        surprise: 1,
      },
      variables: [{ name: 'and', type: { kind: 'float' } }, 7],
      bindings: [{ variable: 'x', to: ['elsewhere'] }],
      modules: { m: { type: 'predict', signature: 7 } },
    });
    expect(status).toBe(400);
    expect(pointers(errors)).toEqual(
      expect.arrayContaining([
        ...[
          '/source/graph/input/1bad',
          '/source/graph/nodes/0/kind',
          '/source/graph/surprise',
          '/source/variables/0/name',
        ],
        ...[
          '/source/variables/0/type/min',
          '/source/variables/1',
          '/source/bindings/0/to/0',
          '/source/modules/m/signature',
        ],
      ]),
    );
    const kind = errors.find(({ pointer }) => pointer === '/source/graph/nodes/0/kind');
    expect(kind?.detail).toMatch(/^wanted one of module, choice, .*; there was "nonsense"$/);
    expect(errors.find(({ pointer }) => pointer === '/source/variables/1')?.detail).toMatch(/^wanted .*number$/);
    expect(errors.map(({ detail }) => detail)).not.toContain('Invalid input');
  });

  test('every problem of the meaning is named at once', async () => {
    const { status, errors } = await validate({
      graph: {
        name: 'many',
        input: { text: 'str', n: 'no_such_type[' },
        output: { label: 'nodes.nowhere.label', other: 'nodes.sort.absent', broken: '1 +' },
        nodes: [
          { ...node, inputs: { text: 'input.n', extra: 'input.text' } },
          { id: 'a', kind: 'transform', expression: 'nodes.b', inputs: {} },
          { id: 'b', kind: 'transform', expression: 'nodes.a', inputs: {} },
          { id: 'b', kind: 'module', module: 'missing', inputs: {} },
        ],
        bindings: [{ variable: 'unknown', to: ['nodes.*.lm.temperature'] }],
      },
      modules: SOURCE.modules,
      variables: [{ name: 'temperature', type: { kind: 'float', min: 2, max: 1 }, default: 5 }],
    });
    expect(status).toBe(400);
    const text = errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('\n');
    for (const words of ['nowhere', 'absent', 'missing', 'unknown', 'no_such_type', 'broken', '/variables/0'])
      expect(text).toContain(words);
    expect(errors.length).toBeGreaterThan(7);
    for (const { pointer } of errors) expect(pointer).toMatch(/^\//);
  });

  test.each([
    ['question -> ', 'signature'],
    ['-> answer', 'question'],
    ['a, a -> b', 'a'],
    [`question -> answer: ${'list['.repeat(500)}str${']'.repeat(500)}`, 'deep'],
    [`question -> answer: Literal[${'"x",'.repeat(20_000)}"y"]`, ''],
    ['question -> __proto__', '__proto__'],
    ['question -> answer: Literal["\ud800"]', ''],
    ['\0 -> \0', ''],
    ['question -> answer: dict[dict[str', ''],
    ['x'.repeat(65_537), ''],
  ])('the signature %s never breaks anything', async (text) => {
    const { status } = await ask('POST', '/v1/signatures/parse', { text });
    expect([200, 400]).toContain(status);
    const { status: inProgram } = await validate({
      ...SOURCE,
      modules: { sorter: { type: 'predict', signature: text } },
    });
    expect([200, 400]).toContain(inProgram);
  });
});

describe('a part that cannot be read', () => {
  const field = (definition: unknown) => ({ name: 'x', definition });
  test.each([
    ['POST', '/v1/signatures', field('no arrow'), '/definition'],
    ['POST', '/v1/signatures', field({ inputs: [{ name: '1' }], outputs: [] }), '/definition/inputs/0/name'],
    ['POST', '/v1/modules', field({ type: 'predict', signature: 'no arrow' }), '/definition/signature'],
    [
      ...['POST', '/v1/modules'],
      field({ type: 'predict', signature: { inputs: [{ name: 'q', type: 'list[' }], outputs: [] } }),
      '/definition/signature/inputs/0/type',
    ],
    [
      ...['POST', '/v1/programs/validate'],
      { source: { ...SOURCE, modules: { sorter: { type: 'predict', signature: 'no arrow' } } } },
      '/modules/sorter/signature',
    ],
  ] as [string, string, object, string][])(
    '%s %s %j is named as the caller sees it',
    async (method, path, body, pointer) => {
      const { status, errors } = await ask(method, path, body);
      expect([status, pointers(errors)[0]]).toEqual([400, pointer]);
    },
  );
});

describe('a body that is not good', () => {
  test('fields that look like ours are refused by name', async () => {
    const { errors } = await ask('POST', '/v1/programs', {
      ...{
        name: 'p',
        workspaceId: 'wsp_1',
        state: 'archived',
        aliases: {},
        optimizationId: null,
        rev: 7,
        constructor: 1,
      },
    });
    expect(pointers(errors).toSorted()).toEqual(
      ['/aliases', '/constructor', '/optimizationId', '/rev', '/state', '/workspaceId'].toSorted(),
    );
    expect(errors.filter(({ detail }) => detail.includes('read-only')).length).toBeGreaterThanOrEqual(4);
  });

  test('a metric in place is judged as the metric it wants to be', async () => {
    const bad = (spec: unknown) =>
      ask('POST', `/v1/programs/${house.ours.programId}/evaluate`, { dataset: 'numbers-a', metric: spec });
    expect((await bad({ kind: 'exact_match' })).errors).toMatchObject([{ pointer: '/metric/output' }]);
    expect((await bad({ kind: 'bleu', output: 'label' })).errors).toMatchObject([
      { pointer: '/metric/kind', detail: expect.stringContaining('wanted one of exact_match, f1') },
    ]);
    expect((await bad(7)).errors[0]?.detail).toMatch(/wanted string or .*there was number/);
    expect((await bad('no name')).errors).toMatchObject([{ pointer: '/metric' }]);
    expect((await bad(metric)).status).toBe(202);
  });

  test('a setting out of range says the range', async () => {
    const { errors } = await ask('POST', '/v1/language-models', {
      ...{
        name: 'm',
        model: 'no-slash',
        endpoint: 'ftp://x',
        secretRef: 'sk-1234567890',
        defaults: { temperature: 9 },
      },
    });
    expect(pointers(errors).toSorted()).toEqual(['/defaults/temperature', '/endpoint', '/model', '/secretRef']);
    expect(JSON.stringify(errors)).not.toContain('sk-1234567890');
  });
});
