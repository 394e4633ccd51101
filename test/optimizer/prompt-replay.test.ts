import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { addGeneration, addOutcomes, addWork, examplesToRun } from '#lib/optimizer/drive';
import { withEarlier } from '#lib/optimizer/earlier/history';
import { isOpen } from '#lib/optimizer/script';
import type { History, Strategy } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { type GenerationWork, knowing, promptHistory, promptWorld, run } from './teachers.ts';

const noExpressions = (): undefined => undefined;
type Setup = { name: string; config: Record<string, number | string | boolean | null>; warm?: boolean };
const setups: Record<string, Setup> = {
  bootstrap_random_search: {
    name: 'bootstrap_random_search',
    config: { num_candidate_programs: 3, max_bootstrapped_demos: 3, max_labeled_demos: 2, max_rounds: 2 },
  },
  'mipro_v2, every trial in full': { name: 'mipro_v2', config: { num_candidates: 4, num_trials: 6, minibatch: false } },
  'mipro_v2, minibatches': {
    name: 'mipro_v2',
    config: { num_candidates: 4, num_trials: 7, minibatch_size: 6, minibatch_full_eval_steps: 3 },
  },
  gepa: { name: 'gepa', config: { max_metric_calls: 150 } },
  simba: { name: 'simba', config: { bsize: 4, num_candidates: 3, max_steps: 2 } },
  copro: { name: 'copro', config: { breadth: 3, depth: 2 } },
  'copro, warm': { name: 'copro', config: { breadth: 3, depth: 2 }, warm: true },
  'variable_search, warm': { name: 'variable_search', config: { trials: 9 }, warm: true },
  'mipro_v2, warm': { name: 'mipro_v2', config: { num_candidates: 4, num_trials: 7, minibatch_size: 6 }, warm: true },
  'gepa, warm': { name: 'gepa', config: { max_metric_calls: 150 }, warm: true },
  'simba, warm': { name: 'simba', config: { bsize: 4, num_candidates: 3, max_steps: 2 }, warm: true },
};

/** Some trials of an earlier search, or none. */
function startOf({ config, warm }: Setup, parallelism: number): History {
  const start = promptHistory({ config, parallelism });
  if (warm !== true) return start;
  const demos = [{ ticket: 'ticket 1', queue: 'login' }];
  const runs = ['Sort by queue.', 'Sort calmly.', 'Sort tickets.'].map((answer_text, n) => ({
    id: `opt_a/t${n}`,
    values: { answer_text, answer_demos: n === 0 ? demos : [], temperature: n / 2, style: 'warm' },
    objectives: { quality: 0.3 + n / 10, costNanoUsd: 1000 },
  }));
  return withEarlier(start, runs, 2);
}

/** Runs with workers and a teacher that finish in an order of their own, and dies after `killAfter` steps. */
async function unruly(strategy: Strategy, start: History, seed: string, killAfter = Number.POSITIVE_INFINITY) {
  const random = seededRandom(seed);
  let history = start;
  const told = async (asked: GenerationWork): Promise<void> => {
    const answer = await knowing(asked).then(
      (text) => ({ text }),
      () => ({ failure: { name: 'Internal' as const, message: 'no answer', retryable: false } }),
    );
    history = addGeneration(history, asked.id, answer);
  };
  for (let step = 0; step < killAfter; step++) {
    const running = history.trials.filter((trial) => trial.state === 'running').length;
    const waiting = history.generations.filter(isOpen);
    const room = history.parallelism - running - waiting.length;
    if (room > 0 && random.next() < 0.6) {
      const ask = await strategy.ask(history, random.integer(1, room));
      if ('done' in ask) return { history, done: ask.done };
      for (const work of ask.work) history = addWork(history, work);
      if (ask.work.length > 0) continue;
    }
    const question = waiting.length > 0 && random.next() < 0.5 ? random.pick(waiting) : undefined;
    if (question !== undefined) {
      await told(question.work);
      continue;
    }
    const open = history.trials.filter((trial) => trial.state === 'running');
    if (open.length === 0) continue;
    const trial = random.pick(open);
    const todo = random.shuffle(examplesToRun(history, trial.work));
    const slice = todo.slice(0, random.integer(1, todo.length));
    history = addOutcomes(history, trial.id, await promptWorld(strategy)(trial.work, slice, history));
  }
  return { history, done: undefined };
}

const shown = ({ trials, generations }: History) => ({
  trials: trials.map(({ work, objectives, outcomes }) => ({ work, objectives, outcomes })),
  generations,
});

describe.each(Object.entries(setups))('%s', (_title, setup) => {
  const { name } = setup;
  const strategy = createStrategy(name, noExpressions);

  it('gives the same trials, prompts and winner whatever order workers and teacher finish in', async () => {
    const start = startOf(setup, 3);
    const calm = await run(strategy, start);
    for (const seed of ['a', 'b', 'c']) {
      const { history, done } = await unruly(strategy, start, seed);
      expect(shown(history)).toEqual(shown(calm.history));
      expect(done).toEqual({ winner: calm.winner, reason: calm.reason });
    }
  });

  it('gives the same when it is killed anywhere and resumed from its history', async () => {
    const start = startOf(setup, 2);
    const whole = await unruly(strategy, start, 'whole');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 90 }), fc.string(), async (killAfter, seed) => {
        const { history: left } = await unruly(strategy, start, seed, killAfter);
        const read = JSON.parse(JSON.stringify(left)) as History;
        const { history, done } = await unruly(createStrategy(name, noExpressions), read, `${seed}/again`);
        expect(shown(history)).toEqual(shown(whole.history));
        expect(done).toEqual(whole.done);
      }),
      { numRuns: 6 },
    );
  });
});
