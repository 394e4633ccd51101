import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '#lib/base/json';
import { earlierEvidence } from '#lib/optimizer/earlier/evidence';
import { withEarlier } from '#lib/optimizer/earlier/history';
import { incumbentsOf } from '#lib/optimizer/earlier/incumbents';
import { type EarlierRun, takeEarlier } from '#lib/optimizer/earlier/take';
import type { Trial } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { materialize } from '#lib/variable/candidates';
import { dimensionsOf, encode } from '#lib/variable/dimensions';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { promptHistory, promptSkill, run, valuesOf } from './teachers.ts';
import { historyOf, mixedSpace } from './worlds.ts';

const admit = async (): Promise<null> => null;
const ran = (id: string, values: Assignment, quality: number): EarlierRun => ({ id, values, objectives: { quality } });
const complete = { temperature: 0.5, module: 'predict', style: 'Be exact.', answer_demos: [] };

describe('what is taken of earlier optimizations', () => {
  it('is what the variables still allow, with the reason for the rest, counted', () => {
    const runs = [
      ran('a', complete, 1),
      ran('b', { ...complete, temperature: 5 }, 1),
      ran('c', { ...complete, temperature: 7 }, 1),
      ran('d', { ...complete, gone: 1 }, 1),
      ran('e', { ...complete, module: 'react' }, 1),
    ];
    const { runs: taken, passedOver } = takeEarlier(mixedSpace, runs, 10);
    expect(taken.map(({ id }) => id)).toEqual(['a']);
    expect(passedOver.map(({ trials }) => trials)).toEqual([1, 1, 1, 1]);
    expect(passedOver.map(({ reason }) => reason).join('\n')).toMatch(
      /temperature: Value 5.* outside range[\s\S]*gone: not declared[\s\S]*module/,
    );
  });

  it('has the default of a variable that came later, and nothing of one that does not exist under the others', () => {
    const { style, ...before } = complete;
    const [taken] = takeEarlier(mixedSpace, [ran('a', { ...before, depth: 3 }, 1)], 10).runs;
    expect(style).toBe('Be exact.');
    expect(taken?.values).toEqual({ ...before, style: 'Be short.' });
  });

  it('is no more than is wanted', () => {
    const runs = Array.from({ length: 5 }, (_, n) => ran(`r${n}`, { ...complete, temperature: n / 10 }, n));
    const { runs: taken, passedOver } = takeEarlier(mixedSpace, runs, 2);
    expect(taken.map(({ id }) => id)).toEqual(['r0', 'r1']);
    expect(passedOver).toEqual([{ reason: 'more than the 2 wanted', trials: 3 }]);
  });

  it('is named in the new space so that every name means what it meant, and every value has one name', () => {
    const texts = fc.constantFrom('Be short.', 'Be exact.', 'Never lie.', 'Ask first.');
    const demos = fc.constantFrom<Json[]>([], [{ ticket: 'a', queue: 'b' }], [{ ticket: 'c', queue: 'd' }]);
    fc.assert(
      fc.property(fc.array(fc.tuple(texts, demos), { maxLength: 12 }), (drawn) => {
        const runs = drawn.map(([style, answer_demos], n) => ran(`r${n}`, { ...complete, style, answer_demos }, n));
        const { space, earlier } = withEarlier(historyOf(), runs, 3);
        const names = new Map<string, string>();
        for (const [n, { assignment }] of (earlier?.trials ?? []).entries()) {
          expect(materialize(space, assignment)).toEqual(runs[n]?.values);
          expect(encode(dimensionsOf(space), assignment).filter((one) => one === null)).toHaveLength(1);
          const key = JSON.stringify([runs[n]?.values.style, runs[n]?.values.answer_demos]);
          expect(names.get(key) ?? JSON.stringify(assignment)).toBe(JSON.stringify(assignment));
          names.set(key, JSON.stringify(assignment));
        }
      }),
    );
  });
});

describe('what earlier trials say', () => {
  const history = withEarlier(
    historyOf(),
    [0.3, 0.9, 0.4, 0.9].map((quality, n) => ran(`opt_a/t${n}`, { ...complete, temperature: n / 10 }, quality)),
    3,
  );

  it('ranks them, the earlier one first among equals, without the base and what the rules forbid', async () => {
    const base = history.earlier?.trials[2]?.assignment ?? {};
    expect((await incumbentsOf(history, base, admit)).map(({ from }) => from)).toEqual([
      'opt_a/t1',
      'opt_a/t3',
      'opt_a/t0',
    ]);
    const forbidding = async ({ temperature }: Assignment) => (temperature === 0.1 ? 'too cool' : null);
    expect((await incumbentsOf(history, base, forbidding)).map(({ from }) => from)).toEqual(['opt_a/t3', 'opt_a/t0']);
  });

  it('moves with what measuring some of them again has changed', () => {
    const again = (n: number, quality: number): Trial => {
      const [one] = earlierEvidence(history, []).slice(n, n + 1) as [Trial];
      return { ...one, id: `t${n}`, work: { ...one.work, origin: 'earlier' }, objectives: { quality } };
    };
    const qualities = (seen: Trial[]) =>
      earlierEvidence(history, seen).map(({ objectives }) => Number(objectives.quality?.toFixed(6)));
    expect(qualities([])).toEqual([0.3, 0.9, 0.4, 0.9]);
    expect(qualities([again(1, 0.7)])).toEqual([0.1, 0.7, 0.2, 0.7]);
    expect(qualities([again(1, 0.7), again(2, 0.4)])).toEqual([0.2, 0.8, 0.3, 0.8]);
  });

  it('is nothing where a search did not start warm', () => {
    expect(earlierEvidence(historyOf(), [])).toEqual([]);
  });
});

describe('a warm search', () => {
  // Without luck and with little left to find: what matters is who gets there with six trials.
  const space: Space = {
    ...mixedSpace,
    variables: ['a', 'b', 'c'].map((name) => ({ name, type: { kind: 'float', min: 0, max: 1 }, default: 0.5 })),
  };
  const value = ({ a, b, c }: Assignment) =>
    1 - (Number(a) - 0.2) ** 2 - (Number(b) - 0.8) ** 2 - (Number(c) - 0.1) ** 2;
  const strategy = createStrategy('variable_search', () => undefined);
  const search = async (seed: number, trials: number, runs: EarlierRun[]) => {
    const cold = historyOf({ space, seed, config: { trials } });
    const start = runs.length === 0 ? cold : withEarlier(cold, runs, 1);
    const { history, winner } = await run(strategy, start, undefined, value);
    const best = value(valuesOf(strategy, history, winner));
    const told = history.trials.map(({ id, work }) =>
      ran(`opt_a/${id}`, materialize(strategy.space(history), work.assignment), value(work.assignment)),
    );
    return { best, told };
  };

  it('is never worse than what it began with, and with few trials better than a cold one', async () => {
    let [warmer, seeds] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const before = await search(seed, 12, []);
      const [cold, warm] = [await search(seed + 100, 6, []), await search(seed + 100, 6, before.told)];
      // Right or wrong is all an example says, so the best is known up to one of twenty.
      expect(warm.best).toBeGreaterThanOrEqual(before.best - 0.05);
      if (Math.abs(warm.best - cold.best) > 1e-9) seeds++;
      if (warm.best > cold.best + 1e-9) warmer++;
    }
    expect(warmer / seeds).toBeGreaterThan(0.6);
  });

  it('of texts begins with what a teacher wrote for the one before', async () => {
    for (const [name, config] of Object.entries({
      mipro_v2: { num_candidates: 3, num_trials: 4, minibatch: false },
      copro: { breadth: 2, depth: 1 },
      gepa: { max_metric_calls: 130 },
      simba: { bsize: 4, num_candidates: 2, max_steps: 1 },
    })) {
      const found = { temperature: 0.3, style: 'formal', answer_demos: [] };
      const runs = [
        ran('opt_a/t0', { ...found, answer_text: 'Sort tickets.' }, 0.3),
        ran('opt_a/t9', { ...found, answer_text: 'Sort by queue, evidence and calm.' }, 0.8),
      ];
      const own = createStrategy(name, () => undefined);
      const { history, winner } = await run(own, withEarlier(promptHistory({ config }), runs, 1));
      const best = valuesOf(own, history, winner);
      expect(history.trials.some(({ work }) => work.from === 'opt_a/t9')).toBe(true);
      expect(promptSkill(best), name).toBeGreaterThanOrEqual(promptSkill({ ...runs[1]?.values }));
    }
  });
});
