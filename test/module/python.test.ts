import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { createGateway } from '#lib/lm/gateway';
import { type Script, scriptedProvider } from '#lib/lm/scripted';
import type { LocalPython } from '#lib/local/python/python';
import { runPythonModule } from '#lib/module/python';
import { type ModuleContext, runModule } from '#lib/module/runtime';
import type { ModuleSpec } from '#lib/module/spec';
import { parseSignature } from '#lib/signature/parse';
import { MAKING_MS, realPython } from '../python/runtime.ts';
import { chat } from '../work/world.ts';

let python: LocalPython;
beforeAll(async () => {
  python = await realPython();
}, MAKING_MS);
afterAll(() => python.close(0));

/** A spec and a context over a model that answers as `script` says, behind a gateway that remembers. */
function setting(script: Script, spec: Partial<ModuleSpec> & { text: string }, context: Partial<ModuleContext> = {}) {
  const { text, ...rest } = spec;
  const gateway = createGateway({
    providers: { scripted: scriptedProvider(script) },
    secrets: { get: async () => null },
  });
  const module: ModuleSpec = {
    ...{ type: 'predict', implementation: 'python', demos: [], config: {} },
    signature: parseSignature(text),
    ...rest,
  };
  const model = { provider: 'scripted', model: 'test', defaults: { temperature: 0.3, maxTokens: 200 } };
  return { gateway, module, context: { workspaceId: 'w', gateway, model: () => model, ...context } };
}

/** Runs it natively, then in Python: the same outputs, every call of the second from the cache of the first. */
async function bothWays(script: Script, spec: Partial<ModuleSpec> & { text: string }, inputs: JsonObject, more = {}) {
  const { gateway, module, context } = setting(script, spec, more);
  const native = await runModule(module, inputs, context);
  const attempts = gateway.stats().attempts;
  const inPython = await runPythonModule(python, module, inputs, context);
  expect(inPython.failure).toEqual(native.failure);
  expect(inPython.outputs).toEqual(native.outputs);
  expect(inPython.calls.map(({ key, sample }) => ({ key, sample }))).toEqual(
    native.calls.map(({ key, sample }) => ({ key, sample })),
  );
  expect(inPython.calls.every(({ source, attempts: made }) => source === 'memory' && made === 0)).toBe(true);
  expect(gateway.stats().attempts).toBe(attempts);
  expect(inPython.implementation).toBe('python');
  return { native, inPython };
}

const TYPED =
  'question, facts: list[str], limit: int -> answer, score: float, tags: list[str], kind: Literal["a", "b"]';
const typedAnswer = { answer: 'Paris', score: '0.5', tags: '["x", "y"]', kind: 'a' };
const demo = { question: 'Spain?', facts: ['f'], limit: 1, answer: 'Madrid', score: 1, tags: [], kind: 'b' };
const typedInputs = { question: 'France?', limit: 2, facts: ['one', 'two\nlines'] };

describe('a module in Python', () => {
  it.each(['chat', 'json', 'xml'] as const)(
    'in %s asks what the native one asks and reads the same answer',
    async (adapter) => {
      const texts = {
        chat: chat(typedAnswer),
        json: '{"answer": "Paris", "score": 0.5, "tags": ["x", "y"], "kind": "a"}',
        xml: '<answer>Paris</answer><score>0.5</score><tags><item>x</item><item>y</item></tags><kind>a</kind>',
      };
      const spec = {
        text: TYPED,
        adapter,
        demos: [demo],
        config: { temperature: 0, topP: 0.5, seed: 7, stop: ['END'] },
      };
      const { inPython } = await bothWays(() => texts[adapter], spec, typedInputs);
      expect(inPython.outputs).toEqual({ answer: 'Paris', score: 0.5, tags: ['x', 'y'], kind: 'a' });
    },
  );

  it('weighs options on the same typical inputs: a setting no wire carries is part of the key in both', async () => {
    const typicalInputs = [{ q: 'a "quoted" one' }, { q: 'ünïcode\nand a line' }];
    const spec = { text: 'q -> kind: Literal["a", "b"]', config: { typicalInputs, temperature: 0 } };
    const script = () => chat({ kind: 'a' });
    const { native } = await bothWays(script, spec, { q: 'x' });
    const without = await bothWays(script, { ...spec, config: { temperature: 0 } }, { q: 'x' });
    expect(native.calls[0]?.key).not.toBe(without.native.calls[0]?.key);
    const predictors = { predict: { config: { typicalInputs: typicalInputs.slice(1) } } };
    await bothWays(
      () => chat({ reasoning: 'so', kind: 'a' }),
      { ...spec, type: 'chain_of_thought', predictors },
      { q: 'x' },
    );
  });

  it('reasons first where the native one does', async () => {
    await bothWays(
      () => chat({ reasoning: 'so', answer: '4' }),
      { text: 'q -> answer: int', type: 'chain_of_thought' },
      { q: '2+2' },
    );
  });

  it('asks for an unreadable answer once more as JSON, as the native one does', async () => {
    const { native } = await bothWays(
      ({ messages }) => (JSON.stringify(messages).includes('JSON object') ? '{"answer": "4"}' : 'four, I think'),
      { text: 'q -> answer' },
      { q: '2+2' },
    );
    expect(native.calls).toHaveLength(2);
  });

  it('numbers its draws as the native one does', async () => {
    const context = { sample: 5 };
    const { inPython } = await bothWays(() => chat({ answer: 'x' }), { text: 'q -> answer' }, { q: 'a' }, context);
    expect(inPython.calls.map(({ sample }) => sample)).toEqual([5]);
  });

  it('in the other order fills the cache for the native one', async () => {
    const { gateway, module, context } = setting(() => chat({ answer: 'x' }), { text: 'q -> answer' });
    await runPythonModule(python, module, { q: 'a' }, context);
    const native = await runModule(module, { q: 'a' }, context);
    expect(native.calls.map(({ source }) => source)).toEqual(['memory']);
    expect(gateway.stats().attempts).toBe(1);
  });
});

describe('modules of several calls in Python', () => {
  const add = {
    name: 'add',
    description: 'Adds two numbers.',
    parameters: {
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'integer' } },
      required: ['a', 'b'],
    },
    kind: 'builtin' as const,
    builtin: 'add',
  };
  const tools = { builtin: async (_: unknown, { a, b }: JsonObject) => Number(a) + Number(b) };
  const rounds: Script = ({ messages }) => {
    const text = JSON.stringify(messages);
    if (!text.includes('next_tool_name')) return chat({ reasoning: 'seen', answer: '5' });
    const step = { next_thought: 'add them', next_tool_name: 'add', next_tool_args: '{"a": "x", "b": 3}' };
    if (!text.includes('observation_0')) return chat(step);
    if (!text.includes('observation_1')) return chat({ ...step, next_tool_args: '{"a": 2, "b": 3}' });
    return chat({ next_thought: 'done', next_tool_name: 'finish', next_tool_args: '{}' });
  };

  it('react: the same rounds, a refused argument an observation, and each step told', async () => {
    const spec = { text: 'q -> answer: int', type: 'react' as const, tools: [add] };
    const { native, inPython } = await bothWays(rounds, spec, { q: '2+3' }, { tools });
    const shown = (outcome: typeof native) =>
      outcome.parts?.map(({ kind, name, calls, failure }) => [kind, name, calls, failure?.name]);
    expect(native.outputs?.answer).toBe(5);
    expect(shown(inPython)?.filter(([, name]) => name !== 'finish')).toEqual(
      shown(native)?.filter(([, name]) => name !== 'finish'),
    );
  });

  it('best_of_n: as many draws, judged on this side', async () => {
    const script: Script = ({ sample }) => chat({ answer: `${sample}` });
    const reward = async (_: unknown, __: unknown, outputs: JsonObject) => Number(outputs.answer) / 10;
    const spec = {
      ...{ text: 'q -> answer', type: 'best_of_n' as const, options: { n: 3, threshold: 1 } },
      reward: { expression: 'number(outputs.answer)' },
    };
    const { inPython } = await bothWays(script, spec, { q: 'a' }, { reward });
    expect(inPython.outputs).toEqual({ answer: '2' });
    expect(inPython.calls.map(({ sample }) => sample)).toEqual([0, 1, 2]);
  });

  it('majority: N draws make N calls', async () => {
    const { gateway, module, context } = setting(({ sample }) => chat({ answer: sample === 0 ? 'no' : 'Yes.' }), {
      ...{ text: 'q -> answer', type: 'majority' as const, options: { n: 5 } },
    });
    const inPython = await runPythonModule(python, module, { q: 'a' }, context);
    expect(inPython.outputs).toEqual({ answer: 'Yes.' });
    expect(gateway.stats().attempts).toBe(5);
    const native = await runModule(module, { q: 'a' }, context);
    expect(native.outputs).toEqual(inPython.outputs);
    expect(gateway.stats().attempts).toBe(5);
  });
});

describe('what cannot be done in Python', () => {
  it('is what the model call failed with', async () => {
    const { module, context } = setting(() => new StepFailure('Model.Refused', 'the provider answered 401: no'), {
      text: 'q -> answer',
    });
    const native = await runModule(module, { q: 'a' }, context);
    const inPython = await runPythonModule(python, module, { q: 'a' }, context);
    expect(native.failure?.name).toBe('Model.Refused');
    expect(inPython.failure).toEqual(native.failure);
  });

  it('are inputs that do not fit: told before Python is asked', async () => {
    const { module, context } = setting(() => '', { text: 'n: int -> answer' });
    const { failure } = await runPythonModule(undefined, module, { n: 'many' }, context);
    expect(failure).toEqual((await runModule(module, { n: 'many' }, context)).failure);
  });

  it('is anything where there is no Python: a typed failure that says so', async () => {
    const { module, context } = setting(() => '', { text: 'q -> answer' });
    expect((await runPythonModule(undefined, module, { q: 'a' }, context)).failure).toMatchObject({
      name: 'Python.Unavailable',
      retryable: false,
    });
  });

  it('are modules that execute what a model wrote: refused with what to use instead', async () => {
    for (const type of ['program_of_thought', 'code_act', 'rlm']) {
      const refused = python.call({ operation: 'run_module', payload: { module: { type }, lm: {}, inputs: {} } });
      await expect(refused).rejects.toMatchObject({
        name: 'Module.Unsupported',
        message: expect.stringContaining('use '),
      });
    }
    const described = await python.call({ operation: 'describe', payload: {} });
    expect(Object.keys(described.refused as JsonObject)).toContain('program_of_thought');
  });
});

describe('while every worker is busy', () => {
  it('waits for one as long as it may take, or only shortly where another implementation takes over', async () => {
    const busy = await realPython({ queueTimeoutMs: 1 });
    const { promise: held, resolve: answerAll } = Promise.withResolvers<string>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const script: Script = () => {
      ask();
      return held;
    };
    const { module, context } = setting(script, { text: 'q -> answer' });
    const running = runPythonModule(busy, module, { q: 'a' }, context);
    await asked;
    const waiting = runPythonModule(busy, module, { q: 'b' }, context);
    const replaced = await runPythonModule(busy, module, { q: 'c' }, { ...context, replaceable: true });
    expect(replaced.failure).toMatchObject({ name: 'Python.Saturated', details: { reason: 'queue_timeout' } });
    answerAll(chat({ answer: 'x' }));
    expect((await running).outputs).toEqual({ answer: 'x' });
    expect((await waiting).outputs).toEqual({ answer: 'x' });
    await busy.close(0);
  });
});
