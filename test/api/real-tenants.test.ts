import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import { METRIC as metric, openRealHouse, type RealHouse, SOURCE } from './real-house.ts';

let house: RealHouse;
/** Records of the other workspace, by id and by name. */
const theirs: Record<string, string> = {};
const INPUTS: [path: string, input: JsonObject][] = [
  ['signatures', { name: 'their-signature', definition: 'text -> label' }],
  ['modules', { name: 'their_module', definition: { type: 'predict', signature: 'text -> label' } }],
  ['variables', { name: 'their_variable', type: { kind: 'float', min: 0, max: 1 }, default: 0.5 }],
  ['metrics', { name: 'their-metric', spec: metric }],
  ['optimizers', { name: 'their-optimizer', choice: { strategy: 'random' } }],
];
beforeAll(async () => {
  house = await openRealHouse();
  for (const [path, input] of INPUTS) {
    const { body } = await house.theirs.client.call<{ id: string }>(path, 'create', { input });
    theirs[path] = body.id;
  }
  const { programId, datasetId } = house.theirs;
  const run = { programId, version: 1, input: { text: 'n1' } };
  const measured = { programId, version: 1, datasetId, datasetVersion: 1, metric };
  for (const [path, input] of [
    ['executions', run],
    ['evaluations', measured],
  ] as const)
    theirs[path] = (await house.theirs.client.call<{ id: string }>(path, 'create', { input })).body.id;
  Object.assign(theirs, { programs: programId, datasets: datasetId });
});
afterAll(async () => {
  await house.close();
  expect(house.faults).toEqual([]);
});

const ask = async (method: string, path: string, body?: JsonObject, key = house.ours.key) => {
  const response = await house.house.app.request(path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as JsonObject };
};

const withPart = (part: JsonObject): JsonObject => ({ source: { ...SOURCE, ...part } as unknown as JsonObject });
const graph = (more: JsonObject, node: JsonObject = {}): JsonObject => ({
  graph: { ...SOURCE.graph, nodes: [{ ...SOURCE.graph.nodes[0], ...node }], ...more } as JsonObject,
});

/** Wherever a request names another record: the path of the operation, and the body around the name. */
const NESTED: [string, string, kind: string, (id: string) => JsonObject][] = [
  [
    'Execution.create programId',
    '/v1/executions',
    'programs',
    (id) => ({ programId: id, version: 1, input: { text: 'x' } }),
  ],
  [
    'Execution.create replayOf',
    '/v1/executions',
    'executions',
    (id) => ({
      ...{ programId: ours().programId, version: 1, input: { text: 'x' } },
      replayOf: { executionId: id, fromNode: 'sort' },
    }),
  ],
  ['Evaluation.create programId', '/v1/evaluations', 'programs', (id) => ({ ...measured(), programId: id })],
  ['Evaluation.create datasetId', '/v1/evaluations', 'datasets', (id) => ({ ...measured(), datasetId: id })],
  ['Evaluation.create reuse', '/v1/evaluations', 'evaluations', (id) => ({ ...measured(), reuse: id })],
  [
    'Evaluation.plan earlier',
    '/v1/evaluations/plan',
    'evaluations',
    (id) => ({ ...measured(), earlier: { baseline: id, candidate: id } }),
  ],
  ['Evaluation.compare baseline', '/v1/evaluations/compare', 'evaluations', (id) => ({ baseline: id, candidate: id })],
  ['Optimization.create programId', '/v1/optimizations', 'programs', (id) => ({ ...measured(), programId: id })],
  ['Optimization.create datasetId', '/v1/optimizations', 'datasets', (id) => ({ ...measured(), datasetId: id })],
  ['Optimization.create optimizer', '/v1/optimizations', 'optimizers', (id) => ({ ...measured(), optimizer: id })],
  ['Program.evaluate dataset', '{program}/evaluate', 'datasets', (id) => ({ dataset: id, metric })],
  ['Program.evaluate metric', '{program}/evaluate', 'metrics', (id) => ({ dataset: ours().datasetId, metric: id })],
  ['Program.optimize dataset', '{program}/optimize', 'datasets', (id) => ({ dataset: id, metric })],
  ['Program.optimize metric', '{program}/optimize', 'metrics', (id) => ({ dataset: ours().datasetId, metric: id })],
  [
    'Program.optimize optimizer',
    '{program}/optimize',
    'optimizers',
    (id) => ({ dataset: ours().datasetId, metric, optimizer: id }),
  ],
  [
    'Program.create module',
    '/v1/programs',
    'modules',
    (id) => ({ name: 'p', ...withPart({ ...graph({}, { module: id }), modules: {} }) }),
  ],
  [
    'Program.publish module',
    '{program}/publish',
    'modules',
    (id) => withPart({ ...graph({}, { module: id }), modules: {} }),
  ],
  [
    'Program.validate module',
    '/v1/programs/validate',
    'modules',
    (id) => withPart({ ...graph({}, { module: id }), modules: {} }),
  ],
  ['Program.validate model', '/v1/programs/validate', 'language-models', (id) => withPart({ lms: { default: id } })],
  [
    'Program.validate variable',
    '/v1/programs/validate',
    'variables',
    (id) => withPart({ variables: [...SOURCE.variables, id] as never }),
  ],
  [
    'Program.validate signature',
    '/v1/programs/validate',
    'signatures',
    (id) => withPart({ modules: { sorter: { type: 'predict', signature: { ref: id } } } }),
  ],
  [
    'Module.create signature',
    '/v1/modules',
    'signatures',
    (id) => ({ name: 'm', definition: { type: 'predict', signature: { ref: id } } }),
  ],
  ['Variable.validate variables', '/v1/variables/validate', 'variables', (id) => ({ variables: [id] })],
];
const ours = () => house.ours;
const measured = (): JsonObject => ({
  ...{ programId: house.ours.programId, version: 1, datasetId: house.ours.datasetId, datasetVersion: 1, metric },
});

/** Names of the other workspace, and names nobody has. */
const NAMES: Record<string, [foreign: string, absent: string]> = {
  modules: ['their_module', 'nobodys_modul'],
  variables: ['their_variable', 'nobodys_variab'],
  signatures: ['their-signature', 'nobodys-signatu'],
  metrics: ['their-metric', 'nobodys-metr'],
  optimizers: ['their-optimizer', 'nobodys-optimiz'],
  programs: ['sorter-b', 'sorter-z'],
  datasets: ['numbers-b', 'numbers-z'],
  'language-models': ['default_b', 'default_z'],
};
const PREFIX: Record<string, string> = { programs: 'prg', datasets: 'dat', executions: 'exe', evaluations: 'evl' };

describe('a record of another workspace, named inside a request', () => {
  const cases = NESTED.flatMap(([what, path, kind, body]) => {
    const byName = NAMES[kind] ? [[`${what}, by name`, path, kind, body, 'name'] as const] : [];
    const byId = PREFIX[kind] ? [[`${what}, by id`, path, kind, body, 'id'] as const] : [];
    return [...byName, ...byId];
  });
  test.each(cases)('%s answers as one that never was', async (_what, path, kind, body, by) => {
    const [foreign, absent] =
      by === 'name' ? (NAMES[kind] as [string, string]) : [theirs[kind] ?? '', newId(PREFIX[kind] ?? '')];
    const at = path.replace('{program}', `/v1/programs/${house.ours.programId}`);
    const seen = async (name: string) => {
      const { status, body: problem } = await ask('POST', at, body(name));
      return { status, problem: JSON.stringify({ ...problem, traceId: '' }).replaceAll(name, '{name}') };
    };
    const answer = await seen(foreign);
    expect(answer).toEqual(await seen(absent));
    expect([400, 404]).toContain(answer.status);
  });

  test.each(NESTED.filter(([, path]) => !path.includes('{')))('%s is good at home', async (_what, path, kind, body) => {
    const name = NAMES[kind]?.[0] ?? theirs[kind] ?? '';
    const mine = JSON.parse(
      JSON.stringify(body(name))
        .replaceAll(house.ours.programId, house.theirs.programId)
        .replaceAll(house.ours.datasetId, house.theirs.datasetId),
    );
    const { status, text } = await ask('POST', path, mine, house.theirs.key);
    // Nothing has been measured: the two evaluations are found, and have no outcomes to compare.
    if (path === '/v1/executions') expect(status, text).toBe(201);
    if (path.endsWith('compare') || path.endsWith('plan')) expect(text).toContain('nothing_to_compare');
    else expect(status, text).toBeLessThan(300);
  });
});

describe('lists', () => {
  test.each([
    ['executions', 'programId', 'programs'],
    ['evaluations', 'programId', 'programs'],
    ['optimizations', 'programId', 'programs'],
    ['trials', 'optimizationId', 'optimizations'],
    ['audit-events', 'subject', 'programs'],
  ])('%s filtered by a foreign %s are empty', async (path, filter, kind) => {
    const id = kind === 'optimizations' ? house.theirs.optimizationId : theirs[kind];
    const { status, body } = await ask('GET', `/v1/${path}?${filter}=${id}`);
    expect([status, body.items, body.nextCursor]).toEqual([200, [], null]);
  });

  test('a workspace sees itself alone', async () => {
    const { body } = await ask('GET', '/v1/workspaces');
    expect((body.items as { id: string }[]).map(({ id }) => id)).toEqual([house.ours.workspaceId]);
  });
});

describe('a name in the place of an id', () => {
  test.each([
    ['GET', '/v1/programs/sorter-a', undefined],
    ['GET', '/v1/programs/sorter-a/versions', undefined],
    ['GET', '/v1/programs/sorter-a/versions/1', undefined],
    ['POST', '/v1/programs/sorter-a/run', { input: { text: 'x' } }],
    ['POST', '/v1/programs/sorter-a/diff', { from: 1, to: 1 }],
    ['GET', '/v1/datasets/numbers-a', undefined],
    ['POST', '/v1/datasets/numbers-a/examples', {}],
    ['GET', '/v1/language-models/default_a', undefined],
  ] as [string, string, JsonObject | undefined][])('%s %s', async (method, path, body) => {
    expect((await ask(method, path, body)).status).toBeLessThan(300);
    const foreign = path.replace('-a', '-b').replace('_a', '_b');
    const absent = path.replace('-a', '-q').replace('_a', '_q');
    const [one, other] = [await ask(method, foreign, body), await ask(method, absent, body)];
    expect([one.status, one.body.code]).toEqual([404, 'not_found']);
    const shown = (text: string) => text.replace(/-[bq]|_[bq]/g, '').replace(/"traceId":"\w+"/, '');
    expect(shown(one.text)).toBe(shown(other.text));
  });

  test.each([
    ['/v1/executions', { programId: 'sorter-a', version: 1, input: { text: 'x' } }],
    ['/v1/evaluations', { programId: 'sorter-a', version: 1, datasetId: 'numbers-a', datasetVersion: 1, metric }],
    ['/v1/optimizations', { programId: 'sorter-a', version: 1, datasetId: 'numbers-a', datasetVersion: 1, metric }],
  ] as [string, JsonObject][])('given to %s is stored as the id it stands for', async (path, body) => {
    const made = await ask('POST', path, body);
    expect(made.status, made.text).toBe(201);
    expect(made.body.programId).toBe(house.ours.programId);
    const listed = await ask('GET', `${path}?programId=${house.ours.programId}&limit=100`);
    expect((listed.body.items as { id: string }[]).map(({ id }) => id)).toContain(made.body.id);
    if (path === '/v1/executions') return;
    expect(made.body.datasetId).toBe(house.ours.datasetId);
  });
});

describe('a replay', () => {
  test('is of a run of the same program, from a node there is', async () => {
    const run = { programId: house.ours.programId, version: 1, input: { text: 'x' } };
    const { body: first } = await ask('POST', '/v1/executions', run);
    const other = await ask('POST', '/v1/programs', { name: 'no-inputs', ...withPart(NO_INPUT) });
    expect(other.status, other.text).toBe(201);
    const wrong = await ask('POST', '/v1/executions', {
      ...{ programId: 'no-inputs', version: 1, input: {} },
      replayOf: { executionId: String(first.id), fromNode: 'nowhere' },
    });
    expect(wrong.body).toMatchObject({
      status: 400,
      errors: [
        { pointer: '/replayOf/executionId', detail: expect.stringContaining('wanted a run of no-inputs') },
        { pointer: '/replayOf/fromNode', detail: 'there is no node "nowhere"; there are [say]' },
      ],
    });
    const nowhere = await ask('POST', `/v1/executions/${first.id}/replay`, { fromNode: 'nowhere' });
    expect([nowhere.status, nowhere.body.code]).toEqual([400, 'input_invalid']);
    expect((await ask('POST', `/v1/executions/${first.id}/replay`, { fromNode: 'sort' })).status).toBe(202);
  });

  test('a program without inputs takes none', async () => {
    expect((await ask('POST', '/v1/programs/no-inputs/run', { input: {} })).status).toBe(202);
    const { status, body } = await ask('POST', '/v1/programs/no-inputs/run', { input: { unused_output: 'x' } });
    expect([status, body.errors]).toEqual([
      400,
      [{ pointer: '/input/unused_output', detail: '"unused_output" is not an input; the inputs are none' }],
    ]);
  });
});

const NO_INPUT: JsonObject = {
  graph: {
    name: 'no_inputs',
    input: {},
    output: { label: 'nodes.say' },
    nodes: [{ id: 'say', kind: 'transform', expression: '"always"', inputs: {} }],
  },
  modules: {},
  variables: [],
};
