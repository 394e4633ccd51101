import { describe, expect, test } from 'vitest';
import { createGateway } from '#lib/lm/gateway';
import { type Script, scriptedProvider } from '#lib/lm/scripted';
import type { LanguageModelSettings } from '#lib/lm/spec';
import { agreement } from '#lib/metric/agreement';
import { metricProblems } from '#lib/metric/check';
import { readsInputs, readsLabels, readsOutputs, scoreFunction } from '#lib/metric/score';
import type { MetricHands, MetricSpec } from '#lib/metric/spec';
import { runModule } from '#lib/module/runtime';
import { chat } from '../flow/house.ts';

/** Judges on the scripted model, behind the real gateway. */
function handsOver(script: Script): { hands: MetricHands; prompts: string[] } {
  const prompts: string[] = [];
  const steps: Script = (call) => {
    prompts.push(call.messages.map(({ content }) => String(content)).join('\n'));
    const step = typeof script === 'function' ? script(call) : script[call.index];
    return step ?? new Error('the script is over');
  };
  const gateway = createGateway({
    providers: { scripted: scriptedProvider(steps) },
    secrets: { get: async () => null, put: async () => {} } as never,
  });
  const hands: MetricHands = {
    judge: (module, lm, inputs) =>
      runModule(module, inputs, {
        ...{ workspaceId: 'wsp_1', gateway },
        model: () => ({ provider: 'scripted', model: lm }) as LanguageModelSettings,
      }),
  };
  return { hands, prompts };
}

const polite: MetricSpec = {
  ...{ kind: 'judge', outputs: ['reply'], inputs: ['ticket'], criteria: 'Is the reply polite?', lm: 'big' },
};

describe('complete and grounded', () => {
  const spec: MetricSpec = { kind: 'complete_and_grounded', output: 'answer', context: 'passages', lm: 'big' };
  const script: Script = ({ messages }) =>
    JSON.stringify(messages).includes('retrieved_context')
      ? chat({ reasoning: 'g', system_response_claims: 'c', discussion: 'd', groundedness: '1.4' })
      : chat({
          ...{ reasoning: 'c', ground_truth_key_ideas: 'a', system_response_key_ideas: 'b', discussion: 'd' },
          completeness: '0.5',
        });

  test('asks twice: of the truth without the context, and of the context without the truth', async () => {
    const { hands, prompts } = handsOver(script);
    const outputs = { answer: 'in 1970', passages: ['it was in 1970'] };
    const score = await scoreFunction(spec, hands)({ answer: 'TRUTH' }, outputs, { question: 'when?' });
    expect(score).toMatchObject({ parts: { completeness: 0.5, groundedness: 1 }, reason: 'c\ng' });
    expect(score.value).toBeCloseTo(2 / 3, 12);
    expect(score.calls).toHaveLength(2);
    const [complete, grounded] = prompts.toSorted((a, b) => Number(a.includes('1970')) - Number(b.includes('1970')));
    expect(prompts.filter((prompt) => prompt.includes('TRUTH') && prompt.includes('it was in 1970'))).toEqual([]);
    expect([complete, grounded].every((prompt) => prompt?.includes('when?'))).toBe(true);
  });

  test('reads the context from the program, and says so where there is none', async () => {
    const { hands } = handsOver(script);
    expect([readsOutputs(spec), readsLabels(spec), readsInputs(spec)]).toEqual([
      ['answer', 'passages'],
      ['answer'],
      ['question'],
    ]);
    const scored = scoreFunction(spec, hands)({ answer: 'x' }, { answer: 'y' }, { question: 'q' });
    await expect(scored).rejects.toThrow('the metric reads output "passages"; there are [answer]');
  });
});

describe('a judge', () => {
  test('sees what it is told to see and nothing else, and its reasoning is kept as the reason', async () => {
    const { hands, prompts } = handsOver([chat({ reasoning: 'It says please.', verdict: 'True' })]);
    const inputs = { ticket: 'my printer burns', secret: 'hidden-input' };
    const score = await scoreFunction(polite, hands)({ truth: 'hidden-label' }, { reply: 'please run' }, inputs);
    expect(score).toMatchObject({ value: 1, reason: 'It says please.', calls: [{ model: 'scripted/big' }] });
    expect(prompts[0]).toContain('my printer burns');
    expect(prompts[0]).toContain('Is the reply polite?');
    expect(prompts[0]).not.toContain('hidden');
  });

  test('on a scale gives a share of it, cut to what the scale allows', async () => {
    const answers = ['7', '12', '-3'].map((verdict) => chat({ reasoning: 'so', verdict }));
    const { hands } = handsOver(answers);
    const graded = scoreFunction({ ...polite, scale: 10 } as MetricSpec, hands);
    const of = async (reply: string) => (await graded({}, { reply }, { ticket: 't' })).value;
    expect([await of('a'), await of('b'), await of('c')]).toEqual([0.7, 1, 0]);
  });

  test('is asked once about the same pair', async () => {
    const { hands, prompts } = handsOver(() => chat({ reasoning: 'no', verdict: 'False' }));
    for (let i = 0; i < 3; i++) await scoreFunction(polite, hands)({}, { reply: 'go away' }, { ticket: 't' });
    expect(prompts).toHaveLength(1);
  });

  test('that cannot answer is a failure of the example, not a score of 0', async () => {
    const { hands } = handsOver(() => 'no idea');
    const asked = scoreFunction(polite, hands)({}, { reply: 'x' }, { ticket: 't' });
    await expect(asked).rejects.toMatchObject({ failure: { name: 'Output.Invalid' } });
    await expect(scoreFunction(polite)({}, { reply: 'x' }, { ticket: 't' })).rejects.toMatchObject({
      failure: { name: 'Module.Unsupported' },
    });
  });

  test('may be one part of a composite, whose hard constraint it then can break', async () => {
    const { hands } = handsOver(() => chat({ reasoning: 'rude', verdict: 'False' }));
    const spec: MetricSpec = {
      kind: 'composite',
      parts: [
        { metric: { kind: 'exact_match', output: 'reply' }, weight: 1, name: 'right' },
        { metric: polite, weight: 0, name: 'polite', atLeast: 1 },
      ],
    };
    const score = await scoreFunction(spec, hands)({ reply: 'no' }, { reply: 'no' }, { ticket: 't' });
    expect(score).toMatchObject({ value: 0, parts: { right: 1, polite: 0 } });
    expect(score.reason).toContain('polite is 0, at least 1 is required');
    expect(score.calls).toHaveLength(1);
  });
});

describe('semantic F1', () => {
  const spec: MetricSpec = { kind: 'semantic_f1', output: 'response', lm: 'big' };
  test.each([
    [{ recall: '0.5', precision: '1.0' }, 2 / 3],
    [{ recall: '7', precision: '1.0' }, 1],
    [{ recall: '0', precision: '0' }, 0],
  ])('of %j is %d, as in DSPy', async (answer, value) => {
    const { hands } = handsOver([chat({ reasoning: 'so', ...answer })]);
    const score = await scoreFunction(spec, hands)({ response: 'a' }, { response: 'b' }, { question: 'q' });
    expect(score.value).toBeCloseTo(value, 12);
  });
});

describe('a pattern', () => {
  const spec = (pattern: string): MetricSpec => ({ kind: 'regex', output: 'a', pattern });
  test('is looked for anywhere, in linear time even where others explode', async () => {
    expect(await scoreFunction(spec('^\\d{3}-'))({}, { a: '123-x' })).toEqual({ value: 1 });
    expect(await scoreFunction(spec('(a+)+$'))({}, { a: `${'a'.repeat(20_000)}b` })).toMatchObject({ value: 0 });
  });
  test('that cannot be used is found before anything is paid', async () => {
    const parts = [{ metric: spec('(?=a)'), weight: 1 }];
    expect(await metricProblems({ kind: 'composite', parts })).toMatchObject([{ pointer: '/parts/0/metric/pattern' }]);
    expect(await metricProblems(spec('a|b'))).toEqual([]);
  });
});

describe('a JSON Schema', () => {
  const spec: MetricSpec = {
    ...{ kind: 'json_schema', output: 'a' },
    schema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false },
  };
  test.each([
    [{ n: 1 }, 1],
    ['{"n": 2}', 1],
    [{ n: 'one' }, 0],
    [{}, 0],
    ['not json', 0],
    [null, 0],
  ])('says of %j %d', async (a, value) => {
    expect((await scoreFunction(spec)({}, { a })).value).toBe(value);
  });
  test('with a pattern is refused: it would run on an engine without bounds', async () => {
    const schema = { type: 'string', pattern: '(a+)+$' };
    expect(await metricProblems({ kind: 'json_schema', output: 'a', schema })).toMatchObject([{ pointer: '/schema' }]);
  });
});

describe('agreement with people', () => {
  const pairs = (yesYes: number, yesNo: number, noYes: number, noNo: number) => [
    ...Array.from({ length: yesYes }, () => [true, true] as const),
    ...Array.from({ length: yesNo }, () => [true, false] as const),
    ...Array.from({ length: noYes }, () => [false, true] as const),
    ...Array.from({ length: noNo }, () => [false, false] as const),
  ];
  test('of a textbook table is 0.4, within an interval that holds it', () => {
    const { kappa, observed, interval } = agreement(pairs(20, 5, 10, 15));
    expect(observed).toBeCloseTo(0.7);
    expect(kappa).toBeCloseTo(0.4);
    expect(interval?.low).toBeLessThan(0.4);
    expect(interval?.high).toBeGreaterThan(0.4);
    expect(agreement(pairs(20, 5, 10, 15))).toEqual(agreement(pairs(20, 5, 10, 15)));
  });
  test('where everybody always says the same is unknown, not perfect', () => {
    expect(agreement(pairs(10, 0, 0, 0))).toMatchObject({ kappa: null, interval: null, observed: 1 });
  });
});
