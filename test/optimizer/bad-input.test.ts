import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, History } from '#lib/optimizer/spec';
import { createStrategy, strategies } from '#lib/optimizer/strategies';
import { usedVariables, versionSpace } from '#lib/optimizer/version-space';
import type { ProgramVersionBody } from '#lib/program/program';
import { garbage, knowing, promptHistory, promptSpace } from './teachers.ts';
import { examples } from './worlds.ts';

/** Every strategy that asks, as small as it can be. */
const SMALL: Record<string, JsonObject> = {
  labeled_few_shot: {},
  bootstrap_few_shot: { max_bootstrapped_demos: 2 },
  bootstrap_random_search: { num_candidate_programs: 2 },
  copro: { breadth: 3, depth: 2 },
  mipro_v2: { num_candidates: 3, num_trials: 4, minibatch_size: 5 },
  simba: { bsize: 4, num_candidates: 2, max_steps: 2 },
  gepa: { max_metric_calls: 90 },
  'variable_search, minibatches': { trials: 6, minibatch: { first: 4 } },
  variable_search: { trials: 6, bootstrap: { sets: 2, maxDemos: 2 }, racing: { firstRung: 4, width: 3 } },
  random: { trials: 4 },
  grid: { trials: 4 },
};

/** `variable_search, minibatches` is one of variable_search. */
const kindOf = (name: string): string => name.split(',')[0] ?? name;

type Answer = (work: { id: string }, ids: string[]) => ExampleOutcome[];
const scored =
  (score: (id: string, trial: string) => number | null): Answer =>
  (work, ids) =>
    ids.map((exampleId) => ({
      ...{ exampleId, score: score(exampleId, work.id), costNanoUsd: 1, latencyMs: 1, tokens: 1 },
      traces: [{ nodeId: 'answer', inputs: { ticket: exampleId }, outputs: { queue: 'login' } }],
    }));

function search(name: string, answer: Answer, more: Partial<History> = {}, teach = knowing) {
  const strategy = createStrategy(kindOf(name), () => false);
  const start = promptHistory({ config: SMALL[name] ?? {}, parallelism: 2, ...more });
  return runStrategy(strategy, start, async (work, ids) => answer(work, ids), undefined, teach);
}

it('every strategy is looked at here, but the one that is a job of its own', () => {
  expect([...new Set(Object.keys(SMALL).map(kindOf))].sort()).toEqual(
    Object.keys(strategies)
      .filter((name) => name !== 'python')
      .sort(),
  );
});

describe.each(Object.keys(SMALL))('%s', (name) => {
  // These two of DSPy's measure nothing against anything: what they make is what they give.
  const onlyMakes = name === 'labeled_few_shot' || name === 'bootstrap_few_shot';
  if (!onlyMakes)
    it('with scores that are all equal stays with the baseline, whatever they are', async () => {
      for (const score of [0, 0.5, 1, -3, 1e6]) {
        const { winner, history } = await search(
          name,
          scored(() => score),
        );
        const won = history.trials.find(({ id }) => id === winner);
        expect([score, won?.work.origin]).toEqual([score, 'baseline']);
      }
    });

  it('takes scores that are no numbers for failures, all of them or some', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const none = await search(
        name,
        scored(() => bad),
      );
      expect(none).toMatchObject({ winner: null, reason: expect.stringContaining(`the metric gave ${bad}`) });
      const some = await search(
        name,
        scored((id) => (id.endsWith('3') ? bad : 0.5)),
      );
      expect(some.winner).not.toBeNull();
      expect(JSON.stringify(some.history.trials.map(({ objectives }) => objectives))).not.toContain('null');
      for (const { objectives } of some.history.trials)
        for (const value of Object.values(objectives)) expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('of which every run throws says so, and wins nothing', async () => {
    const { winner, reason, history } = await search(name, () => {
      throw new Error('the metric broke');
    });
    expect(winner).toBeNull();
    expect(reason).toContain('the metric broke');
    expect(history.trials.every(({ state }) => state === 'failed')).toBe(true);
  });

  it('has a sound end on one example, on no train examples, and on none to measure on', async () => {
    const one = { train: examples(1, 'train'), validation: examples(1, 'val') };
    expect(
      (
        await search(
          name,
          scored(() => 1),
          { examples: one },
        )
      ).winner,
    ).not.toBeNull();
    const untaught = { train: [], validation: examples(3, 'val') };
    const { winner, reason } = await search(
      name,
      scored(() => 1),
      { examples: untaught },
    );
    expect(winner !== null || reason.length > 0).toBe(true);
    const none = { train: examples(3, 'train'), validation: [] };
    const unmeasured = await search(
      name,
      scored(() => 1),
      { examples: none },
    );
    if (!onlyMakes) expect(unmeasured).toMatchObject({ winner: null, reason: 'there are no validation examples' });
  });

  it('under rules that nothing satisfies asks for nothing and says why', async () => {
    const variables = promptSpace.variables.map((one) =>
      one.type.kind === 'text' ? { ...one, default: 'Sort tickets.' } : one,
    );
    const space = {
      ...promptSpace,
      variables,
      constraints: [{ expression: 'temperature > 9', reason: 'it has to be hotter' }],
    };
    const { winner, reason, history } = await search(
      name,
      scored(() => 1),
      { space },
    );
    expect(winner).toBeNull();
    expect(reason).toContain('it has to be hotter');
    expect(history.trials).toEqual([]);
  });

  it('goes on without a teacher that answers garbage, or one word, or far too much', async () => {
    for (const say of [garbage, async () => '[[ ## instruction ## ]]', async () => 'x'.repeat(100_000)]) {
      const { winner, history } = await search(
        name,
        scored(() => 0.5),
        {},
        say,
      );
      expect(winner).not.toBeNull();
      expect(history.generations.every(({ text, failure }) => (text === null) === (failure !== undefined))).toBe(true);
    }
  });
});

describe('the variables of a version', () => {
  const version = {
    assignment: { hot: 0.4 },
    bindings: [],
    graph: { bindings: [{ variable: 'warmth', to: ['nodes.*.lm.temperature'], as: 'value * scale' }] },
    constraints: [{ expression: 'hot < limit', reason: 'too hot' }],
    variables: [
      { name: 'hot', type: { kind: 'float', min: 0, max: 1 } },
      { name: 'warmth', type: { kind: 'composite', expression: 'hot / 2' } },
      { name: 'scale', type: { kind: 'float', min: 1, max: 2 }, when: { mode: 'a' } },
      { name: 'mode', type: { kind: 'choice', choices: ['a', 'b'] } },
      { name: 'limit', type: { kind: 'float', min: 0, max: 1 } },
      { name: 'idle', type: { kind: 'choice', choices: ['x', 'y'] } },
    ],
  } as unknown as ProgramVersionBody;

  it('that no binding uses are not searched: by themselves, by expressions, conditions, composites or rules', () => {
    expect([...usedVariables(version)].sort()).toEqual(['hot', 'limit', 'mode', 'scale', 'warmth']);
    expect(versionSpace(version).variables.map(({ name }) => name)).not.toContain('idle');
    expect(versionSpace(version).variables[0]?.default).toBe(0.4);
    expect(usedVariables({ ...version, graph: { ...version.graph, bindings: [] } })).toEqual(new Set());
  });
});
