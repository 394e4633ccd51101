import { describe, expect, it } from 'vitest';
import { addGeneration, addOutcomes, addWork, examplesToRun, failTrial, runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, Strategy, Work } from '#lib/optimizer/spec';
import { createStrategy, strategies, strategyName } from '#lib/optimizer/strategies';
import { historyOf } from './worlds.ts';

const work: Work = {
  kind: 'trial',
  id: 't0',
  assignment: {},
  split: 'validation',
  exampleIds: ['val0', 'val1'],
  origin: 'x',
};
const outcome = (exampleId: string, score: number | null = 1, more: Partial<ExampleOutcome> = {}): ExampleOutcome => ({
  exampleId,
  score,
  costNanoUsd: 10,
  latencyMs: 4,
  tokens: 2,
  ...more,
});
const taken = addWork(historyOf(), work);

describe('folding results into a history', () => {
  it('changes nothing of the history it is given', () => {
    const before = JSON.stringify(taken);
    addOutcomes(taken, 't0', [outcome('val0')]);
    failTrial(taken, 't0', { name: 'Internal', message: '', retryable: false });
    expect(JSON.stringify(taken)).toBe(before);
  });

  it('completes a trial with its last outcome, failures as quality 0 and counted', () => {
    const half = addOutcomes(taken, 't0', [outcome('val0')]);
    expect(half.trials[0]).toMatchObject({ state: 'running', objectives: { quality: 1 } });
    const [trial] = addOutcomes(half, 't0', [outcome('val1', null)]).trials;
    expect(trial).toMatchObject({ state: 'completed', failures: 1 });
    expect(trial?.objectives).toEqual({ quality: 0.5, costNanoUsd: 10, latencyMs: 4, tokens: 2 });
  });

  it('counts an outcome once, however often and late it is told', () => {
    const twice = addOutcomes(addOutcomes(taken, 't0', [outcome('val0'), outcome('val0', 0)]), 't0', [
      outcome('val0', 0),
    ]);
    expect(twice.trials[0]?.outcomes).toEqual([outcome('val0')]);
    const done = addOutcomes(twice, 't0', [outcome('val1')]);
    expect(addOutcomes(done, 't0', [outcome('val1', 0)])).toEqual(done);
    expect(addWork(done, work)).toBe(done);
  });

  it('passes over outcomes of examples and trials that are not asked', () => {
    expect(addOutcomes(taken, 't0', [outcome('val7')]).trials[0]?.outcomes).toEqual([]);
    expect(addOutcomes(taken, 't9', [outcome('val0')])).toEqual(taken);
  });

  it('knows no cost where a part is unknown, and weighs examples', () => {
    const examples = {
      train: [],
      validation: [
        { id: 'val0', inputs: {}, labels: {}, weight: 3 },
        { id: 'val1', inputs: {}, labels: {} },
      ],
    };
    const history = addWork(historyOf({ examples }), work);
    const [trial] = addOutcomes(history, 't0', [outcome('val0', 1), outcome('val1', 0, { costNanoUsd: null })]).trials;
    expect(trial?.objectives).toEqual({ quality: 0.75, latencyMs: 4, tokens: 2 });
  });

  it('carries a continued parent over and asks only for the rest', () => {
    const done = addOutcomes(taken, 't0', [outcome('val0'), outcome('val1', 0)]);
    const more: Work = { ...work, id: 't1', parent: 't0', continues: true, exampleIds: ['val0', 'val1', 'val2'] };
    expect(examplesToRun(done, more)).toEqual(['val2']);
    const grown = addWork(done, more);
    expect(examplesToRun(grown, more)).toEqual(['val2']);
    expect(addOutcomes(grown, 't1', [outcome('val2')]).trials[1]?.objectives.quality).toBeCloseTo(2 / 3);
  });

  it('closes a trial without examples at once', () => {
    expect(addWork(historyOf(), { ...work, exampleIds: [] }).trials[0]?.state).toBe('completed');
  });

  it('keeps the first ending of a trial and of a generation', () => {
    const failure = { name: 'Budget.Exceeded', message: 'no money', retryable: false } as const;
    const failed = failTrial(taken, 't0', failure);
    expect(failed.trials[0]).toMatchObject({ state: 'failed', failure });
    expect(addOutcomes(failed, 't0', [outcome('val0')])).toEqual(failed);
    const asked = addWork(taken, {
      kind: 'generation',
      id: 'g0',
      messages: [],
      parameters: {},
      purpose: 'an instruction',
    });
    const told = addGeneration(asked, 'g0', { text: 'Be exact.' });
    expect(told.generations).toMatchObject([{ id: 'g0', purpose: 'an instruction', text: 'Be exact.' }]);
    expect(addGeneration(told, 'g0', { failure })).toEqual(told);
  });
});

describe('driving a strategy', () => {
  it('takes a work that throws for a failed trial and goes on', async () => {
    const strategy = createStrategy('random', () => undefined);
    const ending = await runStrategy(strategy, historyOf({ config: { trials: 3 } }), async (asked, ids) => {
      if (asked.id === 't0') throw new Error('the worker was lost');
      return ids.map((id) => outcome(id, 0.5));
    });
    expect(ending.history.trials.map((trial) => trial.state)).toEqual(['failed', 'completed', 'completed']);
    expect(ending.winner).toBe('t1');
  });

  it('never has more work under way than the parallelism', async () => {
    let running = 0;
    let most = 0;
    const strategy = createStrategy('random', () => undefined);
    await runStrategy(strategy, historyOf({ config: { trials: 20 }, parallelism: 4 }), async (_work, ids) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return ids.map((id) => outcome(id));
    });
    expect(most).toBe(4);
  });

  it('stops a strategy that neither asks nor ends', async () => {
    const stuck: Strategy = { name: 'stuck', ask: async () => ({ work: [] }), space: (history) => history.space };
    await expect(runStrategy(stuck, historyOf(), async () => [])).rejects.toThrow('stuck asks for nothing and waits');
  });
});

describe('the strategies there are', () => {
  it('are found by our names and by DSPy class names', () => {
    expect(strategyName('variable_search')).toBe('variable_search');
    expect(strategyName('BootstrapFewShot')).toBe('bootstrap_few_shot');
    expect(['MIPROv2', 'SIMBA', 'GEPA', 'BootstrapRS'].map(strategyName)).toEqual([
      'mipro_v2',
      'simba',
      'gepa',
      'bootstrap_random_search',
    ]);
    expect(() => strategyName('toString')).toThrow(
      /no strategy "toString"; there are labeled_few_shot \(LabeledFewShot\)/,
    );
  });

  it.each(Object.entries(strategies))('%s has a strict configuration whose defaults need nothing', (name, kind) => {
    expect(kind.config.safeParse({}).success).toBe(true);
    expect(kind.config.safeParse({ unknown: 1 }).success).toBe(false);
    expect(kind.create(() => undefined).name).toBe(name);
  });
});
