import { describe, expect, it } from 'vitest';
import { runStrategy } from '#lib/optimizer/drive';
import type { ExampleOutcome, History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { materialize } from '#lib/variable/candidates';
import { evaluateIn, examples, historyOf, mixedSpace, skill } from './worlds.ts';

const strategy = createStrategy('variable_search', () => undefined);
const simple = evaluateIn(strategy.space);
const search = (history: History) => runStrategy(strategy, history, async (work, ids, now) => simple(work, ids, now));
const runs = (history: History): number =>
  history.trials.reduce((sum, trial) => {
    const parent = history.trials.find(({ id }) => trial.work.continues === true && id === trial.work.parent);
    return sum + trial.work.exampleIds.length - (parent?.work.exampleIds.length ?? 0);
  }, 0);

describe('what a search does', () => {
  it('begins with the defaults on the whole validation split', async () => {
    const ask = await strategy.ask(historyOf({ config: { trials: 5 } }), 1);
    expect(ask).toMatchObject({
      work: [
        { id: 't0', origin: 'baseline', split: 'validation', assignment: { temperature: 0.7, module: 'predict' } },
      ],
    });
    expect('work' in ask && ask.work[0]?.kind === 'trial' && ask.work[0].exampleIds).toHaveLength(20);
  });

  it('finds a better program than the defaults, by demos and other variables together', async () => {
    const gains: number[] = [];
    const withDemos: boolean[] = [];
    for (let seed = 0; seed < 8; seed++) {
      const config = { trials: 40, bootstrap: { sets: 5, maxDemos: 4, examples: 12 } };
      const { history, winner } = await search(historyOf({ seed, config, parallelism: 4 }));
      const best = history.trials.find(({ id }) => id === winner);
      const assignment = materialize(strategy.space(history), best?.work.assignment ?? {});
      gains.push(
        skill(assignment) - skill(materialize(strategy.space(history), history.trials[1]?.work.assignment ?? {})),
      );
      withDemos.push(Array.isArray(assignment.answer_demos) && assignment.answer_demos.length > 0);
    }
    expect(gains.reduce((sum, gain) => sum + gain, 0) / gains.length).toBeGreaterThan(0.25);
    expect(withDemos.filter(Boolean).length).toBeGreaterThanOrEqual(7);
  });

  it('never tries an assignment twice, except to go on with it', async () => {
    const { history } = await search(historyOf({ config: { trials: 30, racing: { firstRung: 5 } }, parallelism: 3 }));
    const fresh = history.trials.filter((trial) => trial.work.continues !== true);
    expect(new Set(fresh.map((trial) => JSON.stringify(trial.work.assignment))).size).toBe(fresh.length);
  });

  it('ends early, with the best there is, when the space has no more assignments', async () => {
    const space = { ...mixedSpace, variables: [{ name: 'flag', type: { kind: 'boolean' as const } }] };
    const ending = await search(historyOf({ space, config: { trials: 10 } }));
    expect(ending.history.trials).toHaveLength(2);
    expect(ending).toMatchObject({ winner: 't0', reason: 'no new assignment was found after 2' });
  });
});

describe('validation examples', () => {
  it('are no more than are asked for, the same in every trial', async () => {
    const { history, winner } = await search(historyOf({ config: { trials: 6, validationExamples: 9 } }));
    const [first] = history.trials.map(({ work }) => work.exampleIds);
    expect(first).toHaveLength(9);
    for (const { work } of history.trials) expect(work.exampleIds).toEqual(first);
    expect(history.trials.find(({ id }) => id === winner)?.outcomes).toHaveLength(9);
  });

  it('are all there are when more are asked for', async () => {
    const { history } = await search(historyOf({ config: { trials: 2, validationExamples: 900 } }));
    expect(history.trials[0]?.work.exampleIds).toHaveLength(20);
  });
});

describe('racing', () => {
  const config = { trials: 25, racing: { firstRung: 5, eta: 2, width: 6 } };

  it('compares on growing beginnings of one order, and only the whole split makes a winner', async () => {
    const { history, winner } = await search(historyOf({ config, parallelism: 2 }));
    const [whole = []] = history.trials.map((trial) => trial.work.exampleIds);
    for (const { work } of history.trials) expect(work.exampleIds).toEqual(whole.slice(0, work.exampleIds.length));
    expect(history.trials.find(({ id }) => id === winner)?.outcomes).toHaveLength(20);
    expect(new Set(history.trials.map((trial) => trial.work.exampleIds.length))).toEqual(new Set([5, 10, 20]));
  });

  it('runs only the examples that the continued trial does not have', async () => {
    let ran = 0;
    const { history } = await runStrategy(strategy, historyOf({ config }), async (work, ids, now) => {
      ran += ids.length;
      return simple(work, ids, now);
    });
    expect(ran).toBe(runs(history));
    expect(ran).toBeLessThan(25 * 20 * 0.6);
  });

  it('closes a rung before anything of the next one is asked', async () => {
    const { history } = await search(historyOf({ config, parallelism: 5 }));
    for (const [index, trial] of history.trials.entries()) {
      if (trial.work.continues !== true) continue;
      const parent = history.trials.findIndex(({ id }) => id === trial.work.parent);
      expect(parent).toBeLessThan(index);
      expect(history.trials[parent]?.work.exampleIds.length).toBeLessThan(trial.work.exampleIds.length);
    }
  });

  it.each([20, 37, 60, 100, 200])('keeps to a budget of %i example runs and says so', async (maxExampleRuns) => {
    const ending = await search(historyOf({ config: { ...config, trials: 500, maxExampleRuns }, parallelism: 3 }));
    expect(runs(ending.history)).toBeLessThanOrEqual(maxExampleRuns);
    expect(ending.reason).toBe(`the budget of ${maxExampleRuns} example runs is used up`);
    expect(ending.winner).not.toBeNull();
  });

  it('gets nearer to the best program per example run than trials in full do', async () => {
    let raced = 0;
    let full = 0;
    for (let seed = 0; seed < 10; seed++) {
      const validation = examples(60, 'val');
      const history = historyOf({ seed, examples: { train: [], validation } });
      const budget = { trials: 500, maxExampleRuns: 600 };
      for (const racing of [true, false]) {
        const settings = racing ? { ...budget, racing: { firstRung: 12, eta: 2, width: 6 } } : budget;
        const ending = await search({ ...history, config: settings });
        const best = ending.history.trials.find(({ id }) => id === ending.winner)?.work.assignment ?? {};
        const value = skill(materialize(history.space, best));
        if (racing) raced += value / 10;
        else full += value / 10;
      }
    }
    expect(raced).toBeGreaterThan(full);
  });
});

describe('minibatches', () => {
  const config = { trials: 25, minibatch: { first: 5 } };

  it('are growing beginnings of one order, and only the whole split makes a winner', async () => {
    const { history, winner } = await search(historyOf({ config, parallelism: 2 }));
    const [whole = []] = history.trials.map((trial) => trial.work.exampleIds).filter((ids) => ids.length === 20);
    const order = history.trials.find(({ work }) => work.continues === true && work.exampleIds.length === 20);
    for (const { work } of history.trials.slice(1))
      expect(work.exampleIds).toEqual(order?.work.exampleIds.slice(0, work.exampleIds.length));
    expect(new Set(whole).size).toBe(20);
    expect(history.trials.find(({ id }) => id === winner)?.outcomes).toHaveLength(20);
    expect(new Set(history.trials.map((trial) => trial.work.exampleIds.length))).toEqual(new Set([5, 10, 20]));
  });

  it('that go on run only what they do not have, and only a few of them go on to the end', async () => {
    let ran = 0;
    const { history } = await runStrategy(strategy, historyOf({ config }), async (work, ids, now) => {
      ran += ids.length;
      return simple(work, ids, now);
    });
    const opened = history.trials.filter(({ work }) => work.continues !== true);
    expect(opened).toHaveLength(25);
    expect(new Set(opened.map(({ work }) => JSON.stringify(work.assignment))).size).toBe(25);
    expect(ran).toBe(runs(history));
    expect(ran).toBeLessThan(25 * 20 * 0.7);
  });

  it('leave nobody behind who was clearly better than the winner on what was seen', async () => {
    const { history, winner } = await search(historyOf({ config, parallelism: 3 }));
    const best = history.trials.find(({ id }) => id === winner);
    const scores = new Map(best?.outcomes.map(({ exampleId, score }) => [exampleId, score ?? 0]));
    const goneOn = new Set(history.trials.flatMap(({ work }) => (work.continues === true ? [work.parent] : [])));
    for (const { id, outcomes } of history.trials) {
      if (outcomes.length === 20 || goneOn.has(id)) continue;
      const behind = outcomes.reduce(
        (sum, { exampleId, score }) => sum + (score ?? 0) - (scores.get(exampleId) ?? 0),
        0,
      );
      expect(behind).toBeLessThan(2);
    }
  });

  it.each([20, 37, 60, 100, 200])('keep to a budget of %i example runs and say so', async (maxExampleRuns) => {
    const ending = await search(historyOf({ config: { ...config, trials: 500, maxExampleRuns }, parallelism: 3 }));
    expect(runs(ending.history)).toBeLessThanOrEqual(maxExampleRuns);
    expect(ending.reason).toBe(`the budget of ${maxExampleRuns} example runs is used up`);
    expect(ending.winner).not.toBeNull();
  });

  it('get nearer to the best program per example run than trials in full do', async () => {
    let begun = 0;
    let full = 0;
    for (let seed = 0; seed < 10; seed++) {
      const validation = examples(60, 'val');
      const history = historyOf({ seed, examples: { train: [], validation } });
      const budget = { trials: 500, maxExampleRuns: 600 };
      for (const minibatch of [true, false]) {
        const ending = await search({ ...history, config: minibatch ? { ...budget, minibatch: {} } : budget });
        const best = ending.history.trials.find(({ id }) => id === ending.winner)?.work.assignment ?? {};
        const value = skill(materialize(history.space, best));
        if (minibatch) begun += value / 10;
        else full += value / 10;
      }
    }
    expect(begun).toBeGreaterThan(full);
  });

  it('within a budget search on a sixth of it, 15 examples at least, of every class as many', async () => {
    const validation = examples(60, 'val');
    const wanted = { 60: 15, 90: 15, 180: 30, 240: 40, 360: 60, 1000: 60 };
    for (const [maxExampleRuns, count] of Object.entries(wanted)) {
      const within = { trials: 500, minibatch: {}, maxExampleRuns: Number(maxExampleRuns) };
      const { history, winner } = await search(historyOf({ config: within, examples: { train: [], validation } }));
      const ids = [...new Set(history.trials.flatMap(({ work }) => work.exampleIds))];
      const classes = ids.map((id) => Number(id.slice(3)) % 3);
      const shares = [0, 1, 2].map((one) => classes.filter((other) => other === one).length);
      expect(ids).toHaveLength(count);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      expect(history.trials.find(({ id }) => id === winner)?.outcomes).toHaveLength(count);
    }
  });

  it('find better programs within a small budget than with every validation example', async () => {
    let some = 0;
    let every = 0;
    for (let seed = 0; seed < 16; seed++) {
      const validation = examples(60, 'val');
      const history = historyOf({ seed, examples: { train: [], validation } });
      for (const validationExamples of [undefined, 60]) {
        const config = {
          trials: 500,
          minibatch: {},
          maxExampleRuns: 150,
          ...(validationExamples && { validationExamples }),
        };
        const ending = await search({ ...history, config });
        const best = ending.history.trials.find(({ id }) => id === ending.winner)?.work.assignment ?? {};
        const value = skill(materialize(history.space, best));
        if (validationExamples === undefined) some += value / 16;
        else every += value / 16;
      }
    }
    expect(some).toBeGreaterThan(every);
  });

  it('and races in one configuration are refused', async () => {
    const both = historyOf({ config: { trials: 5, racing: {}, minibatch: {} } });
    await expect(strategy.ask(both, 1)).rejects.toThrow('/minibatch a search has races or minibatches, not both');
  });
});

describe('bootstrapping demos', () => {
  const config = { trials: 6, bootstrap: { sets: 5, maxDemos: 3, examples: 12 } };

  it('runs the baseline on class-balanced train examples first, keeping traces', async () => {
    const ask = await strategy.ask(historyOf({ config }), 3);
    expect(ask).toMatchObject({ work: [{ origin: 'bootstrap', split: 'train', keepTraces: true }] });
    const [work] = 'work' in ask ? ask.work : [];
    const numbers = work?.kind === 'trial' ? work.exampleIds.map((id) => Number(id.slice(5)) % 3) : [];
    expect([0, 1, 2].map((queue) => numbers.filter((number) => number === queue).length)).toEqual([4, 4, 4]);
  });

  it('offers the empty set and sets of complete, bounded demos, the bootstrapped ones marked', async () => {
    const { history } = await search(historyOf({ config }));
    const sets = Object.values(strategy.space(history).candidates.answer_demos ?? {}) as Record<string, unknown>[][];
    expect(sets[0]).toEqual([]);
    expect(sets.length).toBeGreaterThanOrEqual(3);
    for (const demos of sets) {
      expect(demos.length).toBeLessThanOrEqual(3);
      for (const demo of demos) expect(demo).toMatchObject({ ticket: expect.any(String), queue: expect.any(String) });
    }
    expect(sets.flat().some((demo) => demo.augmented === true)).toBe(true);
  });

  it('shows every class of what is answered equally often in a set, also in the smaller ones', async () => {
    const space = {
      ...mixedSpace,
      variables: mixedSpace.variables.map((variable) =>
        variable.type.kind === 'demos' ? { ...variable, type: { kind: 'demos' as const, maxDemos: 9 } } : variable,
      ),
    };
    // A second label, with other classes, that no module answers.
    const train = examples(24, 'train').map((example, index) => ({
      ...example,
      labels: { ...example.labels, urgency: index % 4 === 0 ? 'high' : 'low' },
    }));
    const wide = { ...config, bootstrap: { ...config.bootstrap, sets: 12, maxDemos: 9 } };
    const { history } = await search(
      historyOf({ space, config: wide, examples: { train, validation: examples(8, 'v') } }),
    );
    const sets = Object.values(strategy.space(history).candidates.answer_demos ?? {}) as { queue: string }[][];
    expect(new Set(sets.map(({ length }) => length)).size).toBeGreaterThan(2);
    for (const demos of sets)
      for (const queue of ['billing', 'login', 'shipping'])
        expect(demos.filter((demo) => demo.queue === queue)).toHaveLength(demos.length / 3);
  });

  it('takes demos only from runs that the metric passed', async () => {
    const { history } = await search(
      historyOf({ config: { ...config, bootstrap: { ...config.bootstrap, labeled: false } } }),
    );
    const sets = Object.values(strategy.space(history).candidates.answer_demos ?? {}) as { queue: string }[][];
    expect(sets.flat().length).toBeGreaterThan(0);
    expect(sets.flat().map((demo) => demo.queue)).not.toContain('other');
  });

  it('goes on without bootstrapped sets when no run passes', async () => {
    const ending = await runStrategy(strategy, historyOf({ config }), async (_work, ids) =>
      ids.map((exampleId) => ({ exampleId, score: 0, costNanoUsd: null, latencyMs: 1, tokens: 1, traces: [] })),
    );
    expect(ending.winner).toBe('t1');
  });
});

describe('several objectives', () => {
  const priced = (work: { assignment: Record<string, unknown> }, ids: string[]): ExampleOutcome[] => {
    const large = work.assignment.module === 'chain_of_thought';
    return ids.map((exampleId) => ({
      exampleId,
      score: large ? 0.8 : 0.75,
      costNanoUsd: large ? 4000 : 1000,
      latencyMs: large ? 40 : 10,
      tokens: 1,
    }));
  };
  const winnerModule = async (objectives: History['objectives']) => {
    const ending = await runStrategy(strategy, historyOf({ config: { trials: 12 }, objectives }), async (work, ids) =>
      priced(work, ids),
    );
    const trial = ending.history.trials.find(({ id }) => id === ending.winner);
    return { module: trial?.work.assignment.module, reason: ending.reason };
  };
  const quality = { name: 'quality', goal: 'maximize' } as const;

  it('takes the better program when only quality counts, the cheaper one when its price is weighed', async () => {
    expect((await winnerModule([quality])).module).toBe('chain_of_thought');
    const cost = { name: 'costNanoUsd', goal: 'minimize', weight: 0.1 } as const;
    expect((await winnerModule([quality, cost])).module).toBe('predict');
  });

  it('keeps to limits, and says when nothing could', async () => {
    const fast = { name: 'latencyMs', goal: 'minimize', weight: 0, atMost: 20 } as const;
    expect((await winnerModule([quality, fast])).module).toBe('predict');
    const { reason } = await winnerModule([quality, { ...fast, atMost: 5 }]);
    expect(reason).toContain("no trial kept the objectives' limits");
  });
});

describe('degenerate inputs', () => {
  const flat =
    (score: number | null): ((ids: string[]) => ExampleOutcome[]) =>
    (ids) =>
      ids.map((exampleId) => ({ exampleId, score, costNanoUsd: null, latencyMs: 0, tokens: 0 }));
  const ending = (history: History, outcomes: (ids: string[]) => ExampleOutcome[]) =>
    runStrategy(strategy, history, async (_work, ids) => outcomes(ids));

  it('keeps the defaults when every assignment scores the same', async () => {
    expect(await ending(historyOf({ config: { trials: 12 } }), flat(0.5))).toMatchObject({ winner: 't0' });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'takes a score of %s for a failure',
    async (score) => {
      const { winner, reason, history } = await ending(historyOf({ config: { trials: 4 } }), flat(score));
      expect(winner).toBeNull();
      expect(reason).toContain(`the metric gave ${score}`);
      expect(history.trials.every((trial) => trial.failures === 20 && trial.objectives.quality === 0)).toBe(true);
    },
  );

  it('prefers what works to what fails', async () => {
    const { history, winner } = await runStrategy(strategy, historyOf({ config: { trials: 16 } }), async (work, ids) =>
      flat(work.assignment.module === 'predict' ? null : 0.1)(ids),
    );
    expect(history.trials.find(({ id }) => id === winner)?.work.assignment.module).toBe('chain_of_thought');
  });

  it('says that there are no validation examples', async () => {
    const history = historyOf({ config: {}, examples: { train: examples(3, 't'), validation: [] } });
    expect(await ending(history, flat(1))).toMatchObject({ winner: null, reason: 'there are no validation examples' });
  });

  it('searches on a single example', async () => {
    const history = historyOf({
      config: { trials: 5, racing: {} },
      examples: { train: [], validation: examples(1, 'v') },
    });
    expect((await ending(history, flat(1))).history.trials).toHaveLength(5);
  });

  it.each([
    [{ trials: 0 }, 'the budget allows no trial'],
    [{ maxExampleRuns: 0 }, 'a budget of 0 example runs does not reach for the 20 of the baseline'],
    [{ maxExampleRuns: 25, bootstrap: { examples: 10 } }, 'a budget of 25 example runs does not reach for the 30'],
  ])('does nothing on the budget %j and says why', async (config, reason) => {
    const end = await ending(historyOf({ config }), flat(1));
    expect(end.history.trials).toHaveLength(0);
    expect(end.winner).toBeNull();
    expect(end.reason).toContain(reason);
  });

  it('has nothing to search in a space without variables but measures the baseline', async () => {
    const space = { variables: [], constraints: [], candidates: {} };
    expect(await ending(historyOf({ space, config: {} }), flat(1))).toMatchObject({ winner: 't0' });
  });

  it('refuses a configuration it does not know, with the path', async () => {
    await expect(strategy.ask(historyOf({ config: { trials: -1, tirals: 3 } }), 1)).rejects.toMatchObject({
      status: 400,
      problems: [{ pointer: '/trials' }, { pointer: '', detail: expect.stringContaining('tirals') }],
    });
  });
});

describe('rules between variables', () => {
  const constraints = [{ expression: 'hot', reason: 'too cold' }];
  const above = (limit: number) =>
    createStrategy('variable_search', async (_expression, scope) => Number(scope.temperature) > limit);

  it('asks only for assignments they allow, also when they forbid the defaults', async () => {
    const history = historyOf({ space: { ...mixedSpace, constraints }, config: { trials: 15 } });
    const { history: done } = await runStrategy(above(1), history, async (work, ids, now) => simple(work, ids, now));
    expect(done.trials).toHaveLength(15);
    for (const { work } of done.trials) expect(Number(work.assignment.temperature)).toBeGreaterThan(1);
  });

  it('says that nothing satisfies them, and what they say of the defaults', async () => {
    const history = historyOf({ space: { ...mixedSpace, constraints }, config: { trials: 15 } });
    const ending = await runStrategy(above(5), history, async () => []);
    expect(ending.winner).toBeNull();
    expect(ending.reason).toMatch(/no assignment satisfies the constraints .* too cold/);
  });
});
