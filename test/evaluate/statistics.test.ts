import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { comparePaired, minimumDetectableEffect } from '#lib/evaluate/compare';
import { bootstrap, intervalOfMean, quantile, wilson } from '#lib/evaluate/interval';

const results = (scores: (number | null)[], prefix = 'e') =>
  scores.map((score, index) => ({ exampleId: `${prefix}${index}`, score }));

describe('the interval of a mean', () => {
  it('is Wilson’s for right-or-wrong scores', () => {
    // Wilson 1927 for 8 of 10, z = 1.96: 0.4902 to 0.9433.
    const interval = intervalOfMean([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    expect(interval).toMatchObject({ method: 'wilson', level: 0.95 });
    expect(interval?.low).toBeCloseTo(0.4902, 3);
    expect(interval?.high).toBeCloseTo(0.9433, 3);
  });

  it('does not claim certainty for ten out of ten, nor leave [0, 1]', () => {
    const interval = wilson(10, 10);
    expect(interval.low).toBeLessThan(0.75);
    expect(interval.high).toBe(1);
    expect(wilson(0, 10).low).toBe(0);
  });

  it('contains the mean, whatever the scores and weights', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(score, fc.double({ min: 0.1, max: 5, noNaN: true })), { minLength: 1, maxLength: 30 }),
        (pairs) => {
          const values = pairs.map(([value]) => value);
          const weights = pairs.map(([, weight]) => weight);
          const mean =
            values.reduce((sum, value, index) => sum + value * (weights[index] ?? 1), 0) /
            weights.reduce((a, b) => a + b, 0);
          const interval = intervalOfMean(values, weights);
          expect(interval?.low).toBeLessThanOrEqual(mean + 1e-9);
          expect(interval?.high).toBeGreaterThanOrEqual(mean - 1e-9);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('covers the true mean about as often as it says', () => {
    let covered = 0;
    for (let round = 0; round < 150; round++) {
      const random = seededRandom(`coverage/${round}`);
      const values = Array.from({ length: 60 }, () => random.next() ** 2);
      const { low, high } = bootstrap(
        values,
        values.map(() => 1),
        round,
      );
      if (low <= 1 / 3 && 1 / 3 <= high) covered++;
    }
    expect(covered / 150).toBeGreaterThan(0.9);
    expect(covered / 150).toBeLessThan(0.985);
  });

  it('is the same for the same seed, a point for one value, nothing for none', () => {
    const values = [0.1, 0.5, 0.9];
    expect(intervalOfMean(values, undefined, 7)).toEqual(intervalOfMean(values, undefined, 7));
    expect(intervalOfMean([0.4])).toMatchObject({ low: 0.4, high: 0.4 });
    expect(intervalOfMean([])).toBeNull();
  });
});

describe('quantiles', () => {
  it('lie on straight lines between neighbours', () => {
    expect([0, 0.25, 0.5, 1].map((share) => quantile([1, 2, 3, 5], share))).toEqual([1, 1.75, 2.5, 5]);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('a paired comparison', () => {
  it('finds a small difference that unpaired intervals would hide', () => {
    const random = seededRandom('paired');
    const before = Array.from({ length: 80 }, () => random.next());
    const after = before.map((score) => score + 0.03 + 0.02 * random.normal());
    const comparison = comparePaired(results(before), results(after));
    expect(comparison.difference).toBeCloseTo(0.03, 2);
    expect(comparison.interval?.low).toBeGreaterThan(0);
    expect(comparison.pValue).toBeLessThan(0.001);
    expect(
      bootstrap(
        before,
        before.map(() => 1),
      ).high,
    ).toBeGreaterThan(
      bootstrap(
        after,
        after.map(() => 1),
      ).low,
    );
  });

  it('pairs by example, counts failures as 0 and what only one side has apart', () => {
    const comparison = comparePaired(results([1, 0, null, 1]), [
      { exampleId: 'e3', score: 1 },
      { exampleId: 'e2', score: 1 },
      { exampleId: 'e0', score: null },
      { exampleId: 'x', score: 1 },
    ]);
    expect(comparison).toMatchObject({ pairs: 3, unpaired: 2, difference: 0, wins: 1, losses: 1, ties: 1, pValue: 1 });
  });

  it('has the exact p-value of few pairs', () => {
    // Six wins of one point each: both directions of 2^6 sign patterns.
    expect(comparePaired(results([0, 0, 0, 0, 0, 0]), results([1, 1, 1, 1, 1, 1])).pValue).toBeCloseTo(2 / 64, 12);
  });

  it('is antisymmetric', () => {
    const scores = fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(scores, scores, (a, b) => {
        const there = comparePaired(results(a), results(b));
        const back = comparePaired(results(b), results(a));
        expect(there.difference ?? 0).toBeCloseTo(-(back.difference ?? 0), 12);
        expect([there.wins, there.losses]).toEqual([back.losses, back.wins]);
        expect(there.pValue).toBeCloseTo(back.pValue ?? 0, 1);
      }),
      { numRuns: 40 },
    );
  });

  it('rarely sees a difference where there is none', () => {
    let false_ = 0;
    for (let round = 0; round < 200; round++) {
      const random = seededRandom(`null/${round}`);
      const draw = (): number[] => Array.from({ length: 30 }, () => (random.next() < 0.6 ? 1 : 0));
      if ((comparePaired(results(draw()), results(draw()), round).pValue ?? 1) < 0.05) false_++;
    }
    expect(false_ / 200).toBeLessThan(0.09);
  });

  it('of nothing is nothing', () => {
    expect(comparePaired([], [])).toMatchObject({
      pairs: 0,
      difference: null,
      interval: null,
      pValue: null,
      minimumDetectableEffect: null,
    });
    expect(comparePaired(results([1]), results([1]))).toMatchObject({
      difference: 0,
      pValue: 1,
      minimumDetectableEffect: null,
    });
  });

  it('says beforehand what it can detect: four times the examples, half the effect', () => {
    expect(minimumDetectableEffect(60)).toBeCloseTo(0.1617, 3);
    expect(minimumDetectableEffect(240)).toBeCloseTo(minimumDetectableEffect(60) / 2, 12);
  });
});
