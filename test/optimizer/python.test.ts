import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { addGeneration, addOutcomes, addWork, newHistory } from '#lib/optimizer/drive';
import { PythonConfig } from '#lib/optimizer/python/config';
import type { Ask, History, Work } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { evaluateExpression } from '#lib/program/expression';
import { parseSignature } from '#lib/signature/parse';
import { materialize } from '#lib/variable/candidates';

const strategy = createStrategy('python', evaluateExpression);
const signature = parseSignature('question -> answer');
const example = (id: string) => ({ id, inputs: { question: id }, labels: { answer: id } });

function begin(config: JsonObject = {}, bound = true): History {
  return newHistory({
    space: {
      variables: [
        { name: 'words', type: { kind: 'text' }, default: 'Answer.' },
        { name: 'shown', type: { kind: 'demos' }, default: [] },
      ].filter(() => bound) as never,
      constraints: [],
      candidates: {},
    },
    ...{ seed: 7, config, parallelism: 1, objectives: [] },
    program: {
      nodes: [{ id: 'main.predictors.ask', signature, instructions: 'Answer.', demos: [] }],
      bindings: [
        { variable: 'words', to: ['nodes.main.predictors.ask.instructions'] },
        { variable: 'shown', to: ['nodes.main.predictors.ask.demos'] },
      ],
    },
    examples: { train: ['a', 'b'].map(example), validation: ['c'].map(example) },
  });
}

const workOf = (ask: Ask): Work[] => ('work' in ask ? ask.work : []);

/** The history after its trial with this score. */
function scored(history: History, work: Work, score: number): History {
  if (work.kind !== 'trial') throw new Error('wanted a trial');
  const outcomes = work.exampleIds.map((exampleId) => ({ exampleId, score, costNanoUsd: 0, latencyMs: 1, tokens: 1 }));
  return addOutcomes(addWork(history, work), work.id, outcomes);
}

async function untilFound(found: { text: string } | null): Promise<{ history: History; ask: Ask }> {
  let history = begin({ optimizer: 'COPRO' });
  const [baseline] = workOf(await strategy.ask(history, 1));
  history = scored(history, baseline as Work, 0.5);
  const [job] = workOf(await strategy.ask(history, 1));
  expect(job).toMatchObject({
    ...{ kind: 'generation', id: 'g0', messages: [] },
    job: { optimizer: 'COPRO', train: ['a', 'b'], validation: ['c'], seed: 7, turnSeconds: 240 },
  });
  history = addWork(history, job as Work);
  expect(await strategy.ask(history, 1)).toEqual({ work: [] });
  const failure = { name: 'Python.Raised', message: 'it broke', retryable: false } as const;
  history = addGeneration(history, 'g0', found ?? { failure });
  return { history, ask: await strategy.ask(history, 1) };
}

const FOUND = { 'main.predictors.ask': { instructions: 'Be careful.', demos: [{ question: 'a', answer: 'a' }] } };

describe('the strategy around one of DSPy’s optimizers', () => {
  it('measures the program as it is, runs the job, and measures what it found as values of the variables', async () => {
    const { history, ask } = await untilFound({ text: JSON.stringify(FOUND) });
    const [trial] = workOf(ask);
    expect(trial).toMatchObject({ kind: 'trial', id: 't1', split: 'validation', origin: 'compiled' });
    const { assignment } = trial as Extract<Work, { kind: 'trial' }>;
    expect(materialize(strategy.space(history), assignment)).toEqual({
      words: 'Be careful.',
      shown: [{ question: 'a', answer: 'a' }],
    });
    const end = async (score: number) => strategy.ask(scored(history, trial as Work, score), 1);
    expect(await end(0.75)).toEqual({ done: { winner: 't1', reason: 'COPRO has ended' } });
    // No better than before is no reason to change anything.
    expect(await end(0.5)).toEqual({ done: { winner: 't0', reason: 'COPRO has ended' } });
  });

  it('ends with the reason when the job fails', async () => {
    const { ask } = await untilFound(null);
    expect(ask).toEqual({ done: { winner: null, reason: 'COPRO failed: it broke' } });
  });

  it('asks for nothing where there is nothing DSPy could change', async () => {
    expect(await strategy.ask(begin({ optimizer: 'COPRO' }, false), 1)).toMatchObject({
      done: { winner: null, reason: expect.stringContaining('no variable for instructions or demos') },
    });
  });
});

describe('its configuration', () => {
  const problems = (config: JsonObject) =>
    PythonConfig.safeParse(config).error?.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`) ?? [];

  it('is that of DSPy’s constructors and of their compile, each by its own names', () => {
    expect(problems({ optimizer: 'MIPROv2', settings: { auto: 'light' }, compile: { minibatch: false } })).toEqual([]);
    const chain = { p: { optimizer: 'GEPA', config: { auto: 'light' } }, q: { optimizer: 'SIMBA' } };
    expect(
      problems({ optimizer: 'BetterTogether', settings: { optimizers: chain }, compile: { strategy: 'p -> q' } }),
    ).toEqual([]);
  });

  it.each([
    [{ optimizer: 'Magic' }, "wanted one of DSPy's optimizers: BootstrapFewShot"],
    [{ optimizer: 'SIMBA', settings: { bsize: 0 } }, '/settings/bsize'],
    [{ optimizer: 'COPRO', settings: { metric: 'x' } }, '/settings: Unrecognized key: "metric"'],
    [{ optimizer: 'COPRO', compile: { eval_kwargs: {} } }, '/compile: Unrecognized key'],
    [{ optimizer: 'GEPA', settings: { auto: 'light', max_full_evals: 2 } }, 'exactly one of auto'],
    [{ optimizer: 'BetterTogether', settings: { optimizers: {} } }, 'at least one optimizer'],
    [
      { optimizer: 'BetterTogether', settings: { optimizers: { p: { optimizer: 'COPRO', config: { deep: 1 } } } } },
      '/settings/optimizers/p/config',
    ],
    [{ optimizer: 'COPRO', turn_seconds: 3600 }, '/turn_seconds'],
    [{ optimizer: 'COPRO', extra: 1 }, 'Unrecognized key: "extra"'],
  ])('%j is refused with what was wanted', (config, problem) => {
    expect(problems(config).join('\n')).toContain(problem);
  });
});
