import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { LocalPython } from '#lib/local/python/python';
import { predictorsOf } from '#lib/module/asked';
import { moduleInputs, moduleOutputs } from '#lib/module/face';
import { runPythonModule } from '#lib/module/python';
import { runModule } from '#lib/module/runtime';
import { moduleRouter } from '#lib/module/serve';
import type { ModuleSpec } from '#lib/module/spec';
import { ModuleJson, moduleSpec } from '#lib/resources/module/definition';
import { MAKING_MS, realPython } from '../python/runtime.ts';
import { chat, moduleOf, scripted } from './script.ts';

let python: LocalPython;
beforeAll(async () => {
  python = await realPython();
}, MAKING_MS);
afterAll(() => python.close(0));

const inPython = (type: ModuleSpec['type'], signature: string, more: Partial<ModuleSpec> = {}) =>
  moduleOf(type, signature, { implementation: 'python', ...more });
const named = (fields: readonly { name: string }[]) => fields.map(({ name }) => name);

const add = {
  ...{ name: 'add', description: 'Adds two numbers.', kind: 'builtin' as const, builtin: 'add' },
  parameters: {
    ...{ type: 'object', required: ['a', 'b'] },
    properties: { a: { type: 'integer' }, b: { type: 'integer' } },
  },
};
const tools = { builtin: async (_: unknown, { a, b }: JsonObject) => Number(a) + Number(b) };

const comparison = inPython('multi_chain_comparison', 'question -> answer', { options: { n: 2 } });
const agent = inPython('react_v2', 'question -> total: int', { tools: [add], options: { maxIters: 3 } });
const attempts = [
  { reasoning: 'count the hills\nand the rest', answer: 'seven' },
  { rationale: 'look at a map', answer: 'six' },
];
const calls = (...made: [name: string, args: JsonObject][]) =>
  chat({ next_thought: 'on', tool_calls: { tool_calls: made.map(([name, args]) => ({ name, args })) } });

describe.each([
  ['multi_chain_comparison', comparison],
  ['react_v2', agent],
] as const)('%s', (type, spec) => {
  it('has the predictors of DSPy’s class: names, fields and instructions', async () => {
    const { signature, options = {}, tools: own = [] } = spec;
    const payload = { type, signature, options, tools: own } as unknown as JsonObject;
    const described = await python.call({ operation: 'describe', payload });
    const asked = Object.entries(predictorsOf(spec)).map(([name, { instructions, inputs, outputs }]) => ({
      ...{ name, instructions, inputs: named(inputs), outputs: named(outputs), demos: 0 },
    }));
    expect(asked).toEqual(described.predictors);
  });

  it('says natively that it runs in Python only, and a route says why', async () => {
    const { context } = scripted([]);
    const inputs = type === 'react_v2' ? { question: 'q' } : { question: 'q', completions: attempts };
    const native = await runModule(spec, inputs, context);
    expect(native.failure).toMatchObject({
      name: 'Module.Unsupported',
      message: expect.stringContaining(`${type} is DSPy’s own`),
    });
    const { standing, route } = moduleRouter(python).explain({ ...spec, implementation: 'hybrid' });
    expect(standing).toMatchObject({ native: { able: false, why: native.failure?.message.split(': it')[0] } });
    expect(route).toMatchObject({ implementation: 'python', because: 'only_able' });
  });

  it('is refused when it is declared native, with what to declare', async () => {
    const given =
      type === 'react_v2' ? { tools: [{ name: 'add', target: { kind: 'builtin', builtin: 'calculator' } }] } : {};
    const declared = (implementation: string) =>
      moduleSpec(ModuleJson.parse({ type, signature: 'question -> answer', implementation, ...given }), NOBODY);
    for (const implementation of ['native', 'hybrid'])
      await expect(declared(implementation)).rejects.toMatchObject({
        problems: [
          { pointer: '/implementation', detail: expect.stringContaining('declare its implementation python') },
        ],
      });
    expect((await declared('python')).type).toBe(type);
  });
});

const NOBODY = { find: () => Promise.reject(new Error('nobody')), version: () => Promise.reject(new Error('nobody')) };

describe('MultiChainComparison', () => {
  it('shows the model every attempt, at DSPy’s own temperature unless the module says another', async () => {
    const { asked, context } = scripted(() => chat({ rationale: 'seven it is', answer: 'seven' }));
    const outcome = await runPythonModule(
      python,
      comparison,
      { question: 'How many?', completions: attempts },
      context,
    );
    expect(outcome).toMatchObject({ outputs: { rationale: 'seven it is', answer: 'seven' } });
    const seen = String(asked[0]?.messages.at(-1)?.content);
    expect(seen).toContain("«I'm trying to count the hills I'm not sure but my prediction is seven»");
    expect(seen).toContain("«I'm trying to look at a map I'm not sure but my prediction is six»");
    expect(asked[0]?.parameters.temperature).toBe(0.7);
    expect(Object.keys(outcome.outputs ?? {})).toEqual(named(moduleOutputs(comparison)));
    const cold = { ...comparison, config: { temperature: 0 } };
    await runPythonModule(python, cold, { question: 'How many?', completions: attempts }, context);
    expect(asked[1]?.parameters.temperature).toBe(0);
  });

  it.each<[string, JsonObject[], string]>([
    ['too few attempts', attempts.slice(1), 'completions: wanted 2 attempts (options.n), there are 1'],
    [
      'no reasoning',
      [{ answer: 'x' }, ...attempts.slice(1)],
      'completions/0: wanted reasoning or rationale; there is answer',
    ],
    ['no answer', [...attempts.slice(1), { reasoning: 'r' }], 'completions/1: wanted answer; there is reasoning'],
  ])('refuses %s', async (_, completions, message) => {
    const { asked, context } = scripted([]);
    const { failure } = await runPythonModule(python, comparison, { question: 'q', completions }, context);
    expect(failure).toMatchObject({ name: 'Input.Invalid', message });
    expect(asked).toEqual([]);
  });

  it('wants its attempts: what it takes is what its face says', async () => {
    expect(named(moduleInputs(comparison))).toEqual(['completions', 'question']);
    const { failure } = await runPythonModule(python, comparison, { question: 'q' }, scripted([]).context);
    expect(failure).toMatchObject({ name: 'Input.Invalid', message: expect.stringContaining('completions') });
  });
});

describe('ReActV2', () => {
  it('calls several tools in a round, carried out on this side, and ends with what was submitted', async () => {
    const { asked, context } = scripted([
      calls(['add', { a: 2, b: 3 }], ['add', { a: 'x', b: 1 }]),
      calls(['submit', { total: 5 }]),
    ]);
    const outcome = await runPythonModule(python, agent, { question: '2+3' }, { ...context, tools });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs).toMatchObject({ total: 5, termination_reason: 'submit' });
    expect(Object.keys(outcome.outputs ?? {})).toEqual(named(moduleOutputs(agent)));
    expect(outcome.parts?.map(({ kind, name, failure }) => [kind, name, failure?.name])).toEqual([
      ['predict', 'react', undefined],
      ['tool', 'add', undefined],
      ['tool', 'add', 'Input.Invalid'],
      ['predict', 'react', undefined],
    ]);
    const second = JSON.stringify(asked[1]?.messages);
    expect(second).toContain('Execution error in add: the arguments do not fit add(a, b)');
  });

  it('asks for the outputs once more when its rounds are used up', async () => {
    const round = calls(['add', { a: 1, b: 1 }]);
    const { asked, context } = scripted([round, round, round, calls(['submit', { total: 2 }])]);
    const outcome = await runPythonModule(python, agent, { question: '1+1' }, { ...context, tools });
    expect(outcome.failure).toBeUndefined();
    expect(outcome.outputs).toMatchObject({ total: 2, termination_reason: 'forced_submit' });
    expect(asked).toHaveLength(4);
  });

  it.each([
    ['question -> history', {}, '/signature'],
    ['tools -> answer', {}, '/signature'],
    ['question -> answer', { name: 'submit' }, '/tools'],
  ])('refuses names it uses itself: %s %o', async (signature, tool, pointer) => {
    const own = [{ name: 'add', target: { kind: 'builtin', builtin: 'calculator' }, ...tool }];
    const definition = { type: 'react_v2', implementation: 'python', signature, tools: own };
    await expect(moduleSpec(ModuleJson.parse(definition), NOBODY)).rejects.toMatchObject({ problems: [{ pointer }] });
  });
});

it('Flex runs what a model wrote, like the others that do: refused with what to use', async () => {
  const definition = { type: 'flex', signature: 'question -> answer' };
  await expect(moduleSpec(ModuleJson.parse(definition), NOBODY)).rejects.toMatchObject({
    code: 'module_needs_sandbox',
    message: expect.stringMatching(/^Flex runs Python that a model has written.*use react/),
  });
});
