import { describe, expect, test } from 'vitest';
import { InvalidInput } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import type { ModuleSpec } from '#lib/module/spec';
import { configure } from '#lib/program/configure';
import { freeze } from '#lib/program/freeze';
import type { Graph } from '#lib/program/graph';
import type { Program } from '#lib/program/program';
import { validateProgram } from '#lib/program/validate';
import { parseSignature } from '#lib/signature/parse';
import type { Binding } from '#lib/variable/variable';

const spec = (signature: string, more: Partial<ModuleSpec> = {}): ModuleSpec => ({
  type: 'predict',
  implementation: 'native',
  signature: parseSignature(signature, { instructions: 'Answer.' }),
  demos: [],
  config: { topP: 0.9 },
  ...more,
});
const graph: Graph = {
  name: 'p',
  input: { q: 'str', tags: 'list[str]' },
  output: { x: 'nodes.a.answer' },
  nodes: [
    {
      id: 'a',
      kind: 'module',
      module: 'one',
      inputs: { q: 'input.q' },
      fallback: [{ id: 'spare', kind: 'module', module: 'one', lm: 'small' }],
    },
    {
      id: 'each',
      kind: 'map',
      items: 'input.tags',
      nodes: [{ id: 'deep', kind: 'module', module: 'one', inputs: { q: 'item' }, adapter: 'xml' }],
    },
  ],
  defaults: { lm: 'big', adapter: 'json' },
};
const program = (...bindings: Binding[]): Program => ({
  graph,
  modules: { one: spec('q -> answer'), two: spec('q -> answer', { type: 'chain_of_thought', lm: 'small' }) },
  variables: [],
  bindings,
  constraints: [],
  lms: { big: { provider: 'openai', model: 'big' }, small: { provider: 'openai', model: 'small' } },
});

describe('configure', () => {
  test('gives each module node, nested ones and fallbacks included, its module with model and adapter filled in', async () => {
    const { modules, input } = await configure(program(), {});
    expect(Object.fromEntries(Object.entries(modules).map(([id, { lm, adapter }]) => [id, [lm, adapter]]))).toEqual({
      a: ['big', 'json'],
      spare: ['small', 'json'],
      deep: ['big', 'xml'],
    });
    expect(input).toMatchObject([
      { name: 'q', type: { kind: 'str' } },
      { name: 'tags', type: { kind: 'list' } },
    ]);
  });

  test('puts one variable at many places, and leaves the rest of a setting alone', async () => {
    const { modules } = await configure(program({ variable: 't', to: ['nodes.*.lm.temperature'] }), { t: 0.7 });
    for (const id of ['a', 'spare', 'deep']) expect(modules[id]?.config).toEqual({ topP: 0.9, temperature: 0.7 });
  });

  test('a place named by id wins over *, in whatever order they are written; * leaves alone what a node says itself', async () => {
    const bindings: Binding[] = [
      { variable: 'hot', to: ['nodes.a.lm.temperature'] },
      { variable: 'cold', to: ['nodes.*.lm.temperature'] },
      { variable: 'model', to: ['nodes.*.lm'] },
      { variable: 'adapter', to: ['nodes.*.adapter'] },
    ];
    const { modules } = await configure(program(...bindings), { hot: 1, cold: 0, model: 'big', adapter: 'chat' });
    expect([modules.a?.config.temperature, modules.deep?.config.temperature]).toEqual([1, 0]);
    expect([modules.a?.lm, modules.spare?.lm]).toEqual(['big', 'small']);
    expect([modules.a?.adapter, modules.deep?.adapter]).toEqual(['chat', 'xml']);
  });

  test.each<[string, unknown, (spec: ModuleSpec | undefined) => unknown, unknown]>([
    ['lm.maxTokens', 64, (s) => s?.config.maxTokens, 64],
    ['lm.max_tokens', 64, (s) => s?.config.maxTokens, 64],
    ['lm.top_p', 0.5, (s) => s?.config.topP, 0.5],
    ['lm.seed', 7, (s) => s?.config.seed, 7],
    ['lm.stop', ['END'], (s) => s?.config.stop, ['END']],
    ['instructions', 'New.', (s) => s?.signature.instructions, 'New.'],
    ['instructions.prefix', 'Be brief.', (s) => s?.signature.instructions, 'Be brief.\nAnswer.'],
    ['instructions.suffix', 'Be brief.', (s) => s?.signature.instructions, 'Answer.\nBe brief.'],
    ['demos', [{ q: '1', answer: '2' }], (s) => s?.demos, [{ q: '1', answer: '2' }]],
    ['implementation', 'python', (s) => s?.implementation, 'python'],
    ['adapter', 'xml', (s) => s?.adapter, 'xml'],
    ['lm', 'small', (s) => s?.lm, 'small'],
    ['module', 'two', (s) => [s?.type, s?.lm], ['chain_of_thought', 'small']],
  ])('%s', async (place, value, read, wanted) => {
    const { modules } = await configure(program({ variable: 'v', to: [`nodes.a.${place}`] }), { v: value as never });
    expect(read(modules.a)).toEqual(wanted);
  });

  test('chooses the module before it changes it, and the instruction before what goes around it', async () => {
    const bindings: Binding[] = [
      { variable: 'prefix', to: ['nodes.a.instructions.prefix'] },
      { variable: 'text', to: ['nodes.a.instructions'] },
      { variable: 'module', to: ['nodes.a.module'] },
    ];
    const { modules } = await configure(program(...bindings), { prefix: 'P', text: 'T', module: 'two' });
    expect([modules.a?.type, modules.a?.signature.instructions]).toEqual(['chain_of_thought', 'P\nT']);
  });

  test('gives a value its meaning through an expression, which may read other variables', async () => {
    const bindings: Binding[] = [
      { variable: 'creativity', to: ['nodes.a.lm.temperature'], as: 'value / scale' },
      { variable: 'creativity', to: ['nodes.a.instructions.prefix'], as: 'value > 1 ? "Be bold." : ""' },
    ];
    const { modules } = await configure(program(...bindings), { creativity: 1.5, scale: 3 });
    expect([modules.a?.config.temperature, modules.a?.signature.instructions]).toEqual([0.5, 'Be bold.\nAnswer.']);
  });

  test('leaves the places of a variable that does not exist under the assignment', async () => {
    const { modules } = await configure(program({ variable: 't', to: ['nodes.a.lm.temperature'] }), {});
    expect(modules.a?.config).toEqual({ topP: 0.9 });
  });

  test('reports every value that does not fit, and every formula that fails, with its place', async () => {
    const bindings: Binding[] = [
      { variable: 't', to: ['nodes.a.lm.temperature', 'nodes.*.lm.maxTokens'] },
      { variable: 'm', to: ['nodes.a.module'] },
      { variable: 'd', to: ['nodes.a.demos'] },
      { variable: 't', to: ['nodes.a.lm.seed'], as: '$number("x")' },
      { variable: 't', to: ['nodes.a.lm.seed'], as: 'missing' },
      { variable: 't', to: ['somewhere'] },
    ];
    const error = await configure(program(...bindings), { t: -1, m: 'three', d: ['x'] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(InvalidInput);
    expect(
      (error as InvalidInput).problems.map(({ pointer, detail }) => `${pointer}: ${detail.slice(0, 80)}`).toSorted(),
    ).toEqual([
      '/bindings/0/to/0: nodes.a.lm.temperature takes a number of at least 0, not -1',
      '/bindings/0/to/1: nodes.*.lm.maxTokens takes a whole number above 0, not -1',
      '/bindings/1/to/0: nodes.a.module takes the name of a module of the program, not "three"',
      '/bindings/2/to/0: nodes.a.demos takes a list of demos, each an object of field values, not ["x"]',
      '/bindings/3/as: Expression "$number(\\"x\\")": Unable to cast value to a number: "x"',
      '/bindings/4/as: missing gives no value for t',
      expect.stringContaining('/bindings/5/to/0: "somewhere" is not a place; wanted nodes.<id or *>. and one of'),
    ]);
  });

  test('never changes the program it was given', async () => {
    const given = program({
      variable: 't',
      to: ['nodes.*.lm.temperature', 'nodes.*.instructions.prefix'],
      as: '$string(value)',
    });
    const before = structuredClone(given);
    await configure({ ...given, bindings: [{ variable: 't', to: ['nodes.*.lm.temperature'] }] }, { t: 1 });
    expect(given).toEqual(before);
  });
});

describe('freeze', () => {
  test('copies everything: editing an original never changes a version, and a version cannot be written to', () => {
    const original = program();
    const version = freeze(original, { t: 1 }, { 'modules/one': 'mod_1@3' });
    original.modules.one = spec('q -> changed');
    expect(version.modules.one?.signature.outputs[0]?.name).toBe('answer');
    expect(() => {
      (version.graph.nodes as unknown[]).push({});
    }).toThrow(TypeError);
    expect(() => {
      (version.assignment as { t: number }).t = 2;
    }).toThrow(TypeError);
  });

  test('has a checksum over all of it but the origin, whatever the order of keys', () => {
    const { checksum } = freeze(program(), { t: 1, u: 2 });
    expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(freeze(program(), { u: 2, t: 1 }, { somewhere: 'else' }).checksum).toBe(checksum);
    expect(freeze(program(), { t: 1, u: 3 }).checksum).not.toBe(checksum);
    expect(freeze(program({ variable: 't', to: ['nodes.a.demos'] }), { t: 1, u: 2 }).checksum).not.toBe(checksum);
    expect(freeze({ ...program(), lms: {} }, { t: 1, u: 2 }).checksum).not.toBe(checksum);
  });

  test('of a version is the same version', () => {
    const version = freeze(program(), { t: 1 });
    expect(freeze(version, version.assignment).checksum).toBe(version.checksum);
  });
});

describe('places of single predictors', () => {
  const agent = (more: Partial<ModuleSpec> = {}): Program => ({
    graph: {
      name: 'agent',
      input: { q: 'str' },
      output: { x: 'nodes.act.answer' },
      nodes: [
        { id: 'act', kind: 'module', module: 'act', inputs: { q: 'input.q' } },
        { id: 'say', kind: 'module', module: 'say', inputs: { q: 'nodes.act.answer' } },
      ],
      defaults: { lm: 'big' },
    },
    modules: { act: spec('q -> answer', { type: 'react', tools: [], ...more }), say: spec('q -> answer') },
    variables: [{ name: 'v', type: { kind: 'text', candidates: ['a'] } }],
    bindings: [],
    constraints: [],
    lms: { big: { provider: 'p', model: 'b' }, small: { provider: 'p', model: 's' } },
  });
  const bound = async (to: string[], value: Json) =>
    (await configure({ ...agent(), bindings: [{ variable: 'v', to }] }, { v: value })).modules;

  test.each([
    ['nodes.act.predictors.react.instructions', 'Act well.', { react: { instructions: 'Act well.' } }],
    ['nodes.act.predictors.extract.predict.demos', [{ q: 'x' }], { 'extract.predict': { demos: [{ q: 'x' }] } }],
    ['nodes.act.predictors.react.lm', 'small', { react: { lm: 'small' } }],
    ['nodes.act.predictors.react.lm.temperature', 0.5, { react: { config: { temperature: 0.5 } } }],
    ['nodes.*.predictors.extract.predict.adapter', 'json', { 'extract.predict': { adapter: 'json' } }],
  ] as [string, Json, object][])('%s', async (place, value, predictors) => {
    const { act, say } = await bound([place], value);
    expect(act?.predictors).toEqual(predictors);
    expect(act?.signature.instructions).toBe('Answer.');
    expect(say).not.toHaveProperty('predictors');
  });

  test('a prefix goes before what the predictor has by itself, under the module’s own instructions', async () => {
    const to = ['nodes.act.predictors.react.instructions.prefix', 'nodes.act.instructions'];
    const { act } = await bound(to, 'Careful.');
    expect(act?.predictors?.react?.instructions).toMatch(/^Careful\.\nCareful\.\n\nYou are an Agent/);
  });

  test('a predictor that is nowhere is a mistake in the program; so is a value that does not fit', async () => {
    const program = { ...agent(), bindings: [{ variable: 'v', to: ['nodes.act.predictors.nobody.instructions'] }] };
    expect(validateProgram(program)).toEqual([
      {
        pointer: '/bindings/0/to/0',
        detail: 'predictors.nobody.instructions is nowhere: the predictors are [react, extract.predict]',
      },
    ]);
    await expect(bound(['nodes.act.predictors.react.lm'], 'none')).rejects.toThrow(InvalidInput);
    await expect(bound(['nodes.act.predictors.react.tools'], 'x')).rejects.toThrow('is not a place');
  });
});
