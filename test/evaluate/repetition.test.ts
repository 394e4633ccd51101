import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minimumDetectableEffect, pairsFor } from '#lib/evaluate/compare';
import { type Evaluate, evaluate } from '#lib/evaluate/evaluate';
import { foldScores, foldsOf } from '#lib/evaluate/folds';
import { byExample, deviationWithin } from '#lib/evaluate/repetition';

const start = (options: Partial<Evaluate> = {}) =>
  evaluate({
    examples: ['a', 'b', 'c'].map((id) => ({ id, inputs: {}, labels: {} })),
    run: async ({ id }, _, sample) => ({
      ...{ outputs: { id, sample }, calls: 1, inputTokens: 1, outputTokens: 1 },
      ...{ costNanoUsd: 1, spentNanoUsd: 1, latencyMs: 1 },
    }),
    score: (_, { sample }) => ({ value: sample === 0 ? 1 : 0 }),
    ...options,
  });

describe('repetitions', () => {
  it('run each example so often, each with a number of its own, example by example', async () => {
    const { results, ...report } = await start({ repetitions: 3, concurrency: 2 });
    expect(results.map(({ exampleId, sample }) => `${exampleId}${sample}`).join(' ')).toBe(
      'a0 a1 a2 b0 b1 b2 c0 c1 c2',
    );
    expect(report).toMatchObject({ state: 'completed', examples: 3, runs: 9, finished: 9, score: 1 / 3 });
  });

  it('are one observation in the interval: nine equal runs of three examples are three, not nine', async () => {
    const scored = { score: () => ({ value: 1 }) };
    const repeated = await start({ ...scored, repetitions: 3 });
    const once = await start(scored);
    expect(repeated.interval).toEqual(once.interval);
    expect(repeated.interval?.low).toBeLessThan(0.5);
  });

  it('that are there already are not run again', async () => {
    const { results } = await start({ repetitions: 2, without: ({ id }, sample) => id === 'b' || sample === 0 });
    expect(results.map(({ exampleId, sample }) => `${exampleId}${sample}`)).toEqual(['a1', 'c1']);
  });

  it('that are no whole number are refused', async () => {
    await expect(start({ repetitions: 1.5 })).rejects.toMatchObject({ problems: [{ pointer: '/repetitions' }] });
  });

  it('count as the mean of their example, failures as 0, whatever order they come in', () => {
    const run = fc.record({
      exampleId: fc.constantFrom('a', 'b'),
      score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    });
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 12 }), (runs) => {
        for (const { exampleId, score, runs: count } of byExample(runs)) {
          const own = runs.filter((one) => one.exampleId === exampleId);
          const sum = own.reduce((total, one) => total + (one.score ?? 0), 0);
          expect(count).toBe(own.length);
          expect(score).toBeCloseTo(sum / own.length, 10);
        }
      }),
    );
  });

  it('tell how much an example varies by itself, pooled', () => {
    const runs = [0, 1, 0, 0].map((score, n) => ({ exampleId: n < 2 ? 'a' : 'b', score }));
    expect(deviationWithin(runs)).toBeCloseTo(Math.sqrt(0.5 / 2), 12);
    expect(deviationWithin(runs.slice(1, 3))).toBeNull();
  });
});

describe('folds', () => {
  it('are the same for the same seed in whatever order, take every example once, and differ by at most one', () => {
    const ids = fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 2, max: 9 }), fc.integer(), (names, count, seed) => {
        const folds = foldsOf(names, count, seed);
        expect(foldsOf(names.toReversed(), count, seed)).toEqual(folds);
        const sizes = Array.from(
          { length: count },
          (_, fold) => [...folds.values()].filter((one) => one === fold).length,
        );
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(names.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('of which nothing is finished have no score and are not in the mean', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const folds = foldsOf(ids, 2, 0);
    const only = ids.filter((id) => folds.get(id) === 0).map((exampleId) => ({ exampleId, score: 0.5 }));
    expect(foldScores(only, ids, 2, 0)).toEqual({
      scores: [
        { examples: 2, score: 0.5 },
        { examples: 0, score: null },
      ],
      ...{ mean: 0.5, deviation: null },
    });
  });
});

it('as many pairs are wanted for an effect as show it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 5000 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (pairs, deviation) => {
        expect(pairsFor(minimumDetectableEffect(pairs, deviation), deviation)).toBe(pairs);
      },
    ),
  );
});
