import { describe, expect, test } from 'vitest';
import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { moduleInputs, moduleOutputs, predictorNames } from '#lib/module/face';
import { latencyOf } from '#lib/module/latency';
import { runModule } from '#lib/module/runtime';
import type { CallRecord, ModulePart, ModuleType } from '#lib/module/spec';
import { FINISH_TOOL } from '#lib/module/tool/finish';
import type { Values } from '#lib/signature/signature';
import { chat, moduleOf, round, scripted, TOO_LONG } from './script.ts';

const QA = 'question -> answer';
const question = { question: 'why?' };
const answer = (text: string) => chat({ answer: text });

describe('what a caller gives and gets', () => {
  const names = (type: ModuleType, more = {}) => {
    const spec = moduleOf(type, QA, more);
    const of = (fields: { name: string }[]) => fields.map(({ name }) => name);
    return [of(moduleInputs(spec)), of(moduleOutputs(spec)), predictorNames(spec)];
  };
  test.each([
    ['predict', {}, [['question'], ['answer'], ['self']]],
    ['chain_of_thought', {}, [['question'], ['reasoning', 'answer'], ['predict']]],
    ['react', {}, [['question'], ['trajectory', 'reasoning', 'answer'], ['react', 'extract.predict']]],
    ['best_of_n', { of: 'chain_of_thought' }, [['question'], ['reasoning', 'answer'], ['predict']]],
    ['refine', {}, [['question'], ['answer'], ['offer_feedback', 'self']]],
    ['majority', { of: 'predict' }, [['question'], ['answer'], ['self']]],
    ['parallel', { of: 'react' }, [['items'], ['results', 'failures'], ['react', 'extract.predict']]],
    ['retrieve', {}, [['question'], ['passages', 'ids', 'scores'], []]],
  ] as const)('%s', (type, more, face) => {
    expect(names(type, more)).toEqual(face);
  });
});

describe('draws', () => {
  const reward = async (_: unknown, _inputs: Values, outputs: Values) => Number(outputs.answer) / 10;
  const spec = (type: ModuleType, options: object) => moduleOf(type, QA, { options, reward: { expression: 'x' } });

  test.each(['best_of_n', 'refine', 'majority'] as const)(
    '%s: n draws are n calls of the provider, and a repeated run is none',
    async (type) => {
      const { asked, context } = scripted(({ messages, sample }) =>
        String(messages.at(-1)?.content).includes('discussion')
          ? chat({ discussion: 'd', advice: { self: 'x' } })
          : answer(String(sample)),
      );
      const first = await runModule(spec(type, { n: 4, threshold: 99 }), question, { ...context, reward });
      const draws = asked.filter(({ messages }) => !String(messages[0]?.content).includes('assign blame'));
      expect(draws.map(({ sample }) => sample)).toEqual([0, 1, 2, 3]);
      const calls = asked.length;
      const again = await runModule(spec(type, { n: 4, threshold: 99 }), question, { ...context, reward });
      expect(asked).toHaveLength(calls);
      expect(again.outputs).toEqual(first.outputs);
      // The engine's second attempt shares no draw with the first.
      await runModule(spec(type, { n: 4, threshold: 99 }), question, { ...context, reward, sample: 1 });
      expect(new Set(asked.map(({ sample }) => sample))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
    },
  );

  test('the first that is good enough ends it; what a draw did stands in the trace with its number', async () => {
    const { context } = scripted([answer('1'), answer('7'), answer('9')]);
    const outcome = await runModule(spec('best_of_n', { n: 5, threshold: 0.5 }), question, { ...context, reward });
    expect(outcome.outputs).toEqual({ answer: '7' });
    expect(outcome.parts?.map(({ draw, output }) => [draw, output])).toEqual([
      [0, { answer: '1' }],
      [1, { answer: '7' }],
    ]);
    expect(outcome.parts?.flatMap(({ calls }) => calls)).toEqual(outcome.calls.map(({ key }) => key));
  });

  test('when every draw fails, the last failure is the module’s, and what was spent is told', async () => {
    const { context } = scripted(['?', '?', '?', '?']);
    const outcome = await runModule({ ...spec('best_of_n', { n: 2 }), adapter: 'json' }, question, {
      ...context,
      reward,
    });
    expect(outcome).toMatchObject({ failure: { name: 'Output.Invalid' }, calls: [{}, {}] });
    expect(outcome.parts?.map(({ failure }) => failure?.name)).toEqual(['Output.Invalid', 'Output.Invalid']);
  });

  test.each([
    [undefined, undefined, 0.7],
    [undefined, 0.1, 0.7],
    [undefined, 0.5, 0.5],
    [0, 0.5, 0.5],
    [0.9, 0.5, 0.9],
    [0.15, undefined, 0.7],
  ])('majority draws at %s over %s: %s', async (own, model, used) => {
    const { asked, context } = scripted([answer('a'), answer('b'), answer('A.')]);
    const config = own === undefined ? {} : { temperature: own };
    const defaults = model === undefined ? {} : { temperature: model };
    const outcome = await runModule(moduleOf('majority', QA, { config }), question, {
      ...context,
      model: () => ({ ...context.model(undefined), defaults }),
    });
    expect(asked.map(({ parameters }) => parameters.temperature)).toEqual([used, used, used]);
    // Texts that DSPy's normalization makes the same are the same vote, but "a" alone is an article and none.
    expect(outcome.outputs).toEqual({ answer: 'b' });
  });
});

describe('parallel', () => {
  const items = ['a', 'b', 'c'].map((text) => ({ question: text }));
  const script = ({ messages }: { messages: readonly { content: unknown }[] }) => {
    const asked = /question ## \]\]\n(\w)/.exec(String(messages.at(-1)?.content))?.[1] ?? '';
    return asked === 'b' ? new StepFailure('Model.Refused', 'not b') : answer(asked.toUpperCase());
  };
  test('results are in order, failures are counted and named', async () => {
    const { context } = scripted(script);
    const spec = moduleOf('parallel', QA, { options: { failCount: 1, concurrency: 2 } });
    const { outputs } = await runModule(spec, { items }, context);
    expect(outputs).toEqual({
      results: [{ answer: 'A' }, null, { answer: 'C' }],
      failures: [{ index: 1, name: 'Model.Refused', message: 'not b' }],
    });
    expect((await runModule(spec, { items: [] }, context)).outputs).toEqual({ results: [], failures: [] });
  });
  test('one failure more than allowed fails the module; an item that is none does so, too', async () => {
    const { context } = scripted(script);
    const spec = moduleOf('parallel', QA);
    expect(await runModule(spec, { items }, context)).toMatchObject({ failure: { message: 'not b' } });
    const wrong = await runModule(spec, { items: [{ question: 'a' }, { other: 1 }] }, context);
    expect(wrong.failure).toMatchObject({ name: 'Input.Invalid' });
    expect((await runModule(spec, { items: ['x'] }, context)).failure?.message).toContain('/items/0');
  });
});

describe('react', () => {
  const tools = [
    {
      name: 'look',
      description: '',
      parameters: { properties: { at: { type: 'string' } } },
      kind: 'builtin' as const,
      builtin: 'look',
    },
  ];
  const look = async (_: unknown, args: JsonObject) => `saw ${String(args.at)}`;
  const end = chat({ reasoning: 'r', answer: 'a' });

  test('each call of a tool has a name of its own, the same in every repetition', async () => {
    const keys: string[] = [];
    const builtin = async (_: unknown, _args: JsonObject, { idempotencyKey }: { idempotencyKey: string }) => {
      keys.push(idempotencyKey);
      return 'x';
    };
    const steps = [round('look', { at: 'a' }), round('look', { at: 'a' }), round('finish'), end];
    for (const _ of [1, 2]) {
      const { context } = scripted(steps);
      await runModule(moduleOf('react', QA, { tools }), question, {
        ...context,
        tools: { builtin },
        idempotencyKey: 'run/act',
      });
    }
    expect(keys).toEqual(['run/act/tool/1', 'run/act/tool/2', 'run/act/tool/1', 'run/act/tool/2']);
  });

  test('finishing with arguments is an error to see, and finishes', async () => {
    const { context } = scripted([round('finish', { answer: 'x' }), end]);
    const { outputs } = await runModule(moduleOf('react', QA, { tools }), question, context);
    expect(outputs).toMatchObject({
      trajectory: { observation_0: expect.stringContaining('Execution error in finish') },
      answer: 'a',
    });
    expect(FINISH_TOOL.name).toBe('finish');
  });

  test('a tool that cannot be called here fails the module: asking the model again would only cost', async () => {
    const { asked, context } = scripted([round('look', { at: 'a' }), end]);
    const { failure } = await runModule(moduleOf('react', QA, { tools }), question, context);
    expect(failure).toMatchObject({
      name: 'Internal',
      message: 'tool look is of kind builtin, which cannot be called here',
    });
    expect(asked).toHaveLength(1);
  });

  test('a run that is cancelled while a tool works ends there', async () => {
    const stop = new AbortController();
    const { asked, context } = scripted([round('look', { at: 'a' }), end]);
    const builtin = async () => {
      stop.abort();
      throw new StepFailure('Cancelled', 'cancelled');
    };
    const { failure } = await runModule(moduleOf('react', QA, { tools }), question, {
      ...context,
      tools: { builtin },
      signal: stop.signal,
    });
    expect([failure?.name, asked.length]).toEqual(['Cancelled', 1]);
  });

  test('predictors have instructions, models and settings of their own', async () => {
    const { asked, context } = scripted([round('look', { at: 'a' }), round('finish'), end]);
    const predictors = {
      react: { instructions: 'Look twice.', config: { temperature: 0.9 }, lm: 'small' },
      'extract.predict': { adapter: 'chat' as const, instructions: 'Read it.' },
    };
    const spec = moduleOf('react', QA, { tools, predictors, config: { temperature: 0.2 } });
    const model = (name: string | undefined) => ({ ...context.model(name), model: name ?? 'big' });
    await runModule(spec, question, { ...context, model, tools: { builtin: look } });
    expect(asked.map(({ model, parameters }) => [model, parameters.temperature])).toEqual([
      ['small', 0.9],
      ['small', 0.9],
      ['big', 0.2],
    ]);
    expect(String(asked[0]?.messages[0]?.content)).toContain('Look twice.');
    expect(String(asked[0]?.messages[0]?.content)).not.toContain('You are an Agent');
    expect(String(asked[2]?.messages[0]?.content)).toContain('Read it.');
  });

  test('any other refusal of the model is no reason to forget', async () => {
    const { asked, context } = scripted([new StepFailure('Model.Refused', 'the key is wrong'), TOO_LONG]);
    const { failure } = await runModule(moduleOf('react', QA, { tools }), question, context);
    expect([failure?.message, asked.length]).toEqual(['the key is wrong', 1]);
  });
});

test('retrieve gives passages, ids and scores, and calls no model', async () => {
  const { asked, context } = scripted([]);
  const pin = { corpusId: 'cor_1', version: 2, checksum: 'c', search: 'bm25' as const };
  const search = async (_: string, given: unknown, query: string, k: number) => ({
    passages: [{ id: 'a', text: `${query} ${k} ${given === pin}`, score: 2 }],
    calls: [],
  });
  const spec = moduleOf('retrieve', 'query -> passages: list[str]', { corpus: pin, options: { k: 7 } });
  const outcome = await runModule(spec, { query: 'q' }, { ...context, search });
  expect(outcome.outputs).toEqual({ passages: ['q 7 true'], ids: ['a'], scores: [2] });
  expect(outcome.parts).toMatchObject([{ kind: 'retrieve', name: 'cor_1', inputs: { query: 'q', k: 7 } }]);
  expect(asked).toEqual([]);
  expect((await runModule(spec, { query: 'q' }, context)).failure?.name).toBe('Internal');
});

describe('latency', () => {
  const call = (key: string, durationMs: number) => ({ key, durationMs }) as CallRecord;
  const part = (draw: number | undefined, calls: string[], took = 0) =>
    ({ kind: 'predict', calls, startedAt: 0, endedAt: took, ...(draw === undefined ? {} : { draw }) }) as ModulePart;
  const calls = [call('a', 10), call('b', 20), call('c', 30)];

  test.each([
    [
      'rounds add up, tools by the clock',
      [part(undefined, ['a']), part(undefined, [], 7), part(undefined, ['b', 'c'])],
      1,
      67,
    ],
    ['draws follow each other', [part(0, ['a']), part(1, ['b']), part(2, ['c'])], 1, 60],
    ['draws side by side take as long as the longest', [part(0, ['a']), part(1, ['b']), part(2, ['c'])], 3, 30],
    ['or as there is room', [part(0, ['c']), part(1, ['c']), part(2, ['c']), part(3, ['c'])], 2, 60],
    ['nothing takes nothing', [], 1, 0],
  ] as [string, ModulePart[], number, number][])('%s', (_, parts, atOnce, wanted) => {
    expect(latencyOf(parts, calls, atOnce)).toBe(wanted);
  });
});
