import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { addOutcomes, addWork, examplesToRun, runStrategy } from '#lib/optimizer/drive';
import type { History, Strategy } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { evaluateIn, historyOf } from './worlds.ts';

const noExpressions = (): undefined => undefined;
const setups = {
  'variable_search, racing and bootstrapping': {
    name: 'variable_search',
    config: {
      trials: 14,
      maxExampleRuns: 160,
      bootstrap: { sets: 4, maxDemos: 3, examples: 9 },
      racing: { firstRung: 5, eta: 2, width: 4 },
    },
  },
  'variable_search, minibatches': {
    name: 'variable_search',
    config: { trials: 14, maxExampleRuns: 160, minibatch: { first: 4 } },
  },
  'variable_search, within a small budget, the believed winner': {
    name: 'variable_search',
    config: { trials: 30, maxExampleRuns: 96, minibatch: {}, winner: 'believed' },
  },
  'variable_search, every trial in full': { name: 'variable_search', config: { trials: 12 } },
  bootstrap_few_shot: { name: 'bootstrap_few_shot', config: { max_bootstrapped_demos: 3, max_rounds: 2 } },
  random: { name: 'random', config: { trials: 8 } },
  grid: { name: 'grid', config: { trials: 8 } },
};

/** Runs with workers that finish in an order of their own, and dies after `killAfter` asks and outcomes. */
async function unruly(strategy: Strategy, start: History, seed: string, killAfter = Number.POSITIVE_INFINITY) {
  const random = seededRandom(seed);
  let history = start;
  for (let step = 0; step < killAfter; step++) {
    const running = history.trials.filter((trial) => trial.state === 'running');
    const room = history.parallelism - running.length;
    if (room > 0 && random.next() < 0.6) {
      const ask = await strategy.ask(history, random.integer(1, room));
      if ('done' in ask) return { history, done: ask.done };
      for (const work of ask.work) history = addWork(history, work);
      if (ask.work.length > 0) continue;
    }
    const open = history.trials.filter((trial) => trial.state === 'running');
    if (open.length === 0) continue;
    const { work } = random.pick(open);
    // Some of them at a time and in any order, as slices arrive.
    const todo = random.shuffle(examplesToRun(history, work));
    const slice = todo.slice(0, random.integer(1, todo.length));
    history = addOutcomes(history, work.id, evaluateIn(strategy.space)(work, slice, history));
  }
  return { history, done: undefined };
}

const shown = (history: History) =>
  history.trials.map(({ work, objectives, outcomes }) => ({ work, objectives, outcomes }));

describe.each(Object.entries(setups))('%s', (_title, { name, config }) => {
  const strategy = createStrategy(name, noExpressions);

  it('gives the same trials and winner whatever order the workers finish in', async () => {
    const start = historyOf({ config, parallelism: 3 });
    const calm = await runStrategy(strategy, start, async (work, ids, now) =>
      evaluateIn(strategy.space)(work, ids, now),
    );
    for (const seed of ['a', 'b', 'c']) {
      const { history, done } = await unruly(strategy, start, seed);
      expect(shown(history)).toEqual(shown(calm.history));
      expect(done).toEqual({ winner: calm.winner, reason: calm.reason });
    }
  });

  it('gives the same trials and winner when it is killed anywhere and resumed from its history', async () => {
    const start = historyOf({ config, parallelism: 2 });
    const whole = await unruly(strategy, start, 'whole');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.string(), async (killAfter, seed) => {
        const { history: left } = await unruly(strategy, start, seed, killAfter);
        // What survives is what JSON keeps, and another process reads it.
        const read = JSON.parse(JSON.stringify(left)) as History;
        const { history, done } = await unruly(createStrategy(name, noExpressions), read, `${seed}/again`);
        expect(shown(history)).toEqual(shown(whole.history));
        expect(done).toEqual(whole.done);
      }),
      { numRuns: 12 },
    );
  });

  it('asks for the same work again while nothing has happened, and for a beginning of it when asked for less', async () => {
    const { history } = await unruly(strategy, historyOf({ config, parallelism: 4 }), 'some', 12);
    const many = await strategy.ask(history, 4);
    expect(await strategy.ask(history, 4)).toEqual(many);
    const few = await strategy.ask(history, 1);
    if ('work' in many && 'work' in few) expect(few.work).toEqual(many.work.slice(0, 1));
    else expect(few).toEqual(many);
  });
});
