import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { logImprovement } from '#lib/optimizer/variable-search/gp/improvement';
import { cholesky, inverseOf, matern } from '#lib/optimizer/variable-search/gp/kernel';
import { posteriorOf } from '#lib/optimizer/variable-search/gp/posterior';
import { createSurrogate } from '#lib/optimizer/variable-search/gp/surrogate';
import { targetsOf } from '#lib/optimizer/variable-search/gp/targets';
import { dimensionsOf } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import { mixedSpace } from './worlds.ts';

const hyper = { weights: Float64Array.of(8, 2), noise: 0.01 };
const vectors = (count: number, seed: number): Float64Array[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => Float64Array.of(random.next(), random.integer(0, 2)));
};

describe('the surrogate', () => {
  it('says the same to whoever asks after every trial and to whoever asks once', () => {
    const dimensions = dimensionsOf(mixedSpace);
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 4, max: 70 }), (seed, count) => {
        const random = seededRandom(seed);
        const seen = Array.from({ length: count }, () => ({
          assignment: sample(dimensions, random),
          value: random.next(),
        }));
        const steady = createSurrogate(dimensions);
        for (let k = 4; k < count; k++) steady.propose(seen.slice(0, k), [], seededRandom(k));
        const pending = [sample(dimensions, random)];
        const [a, b] = [steady, createSurrogate(dimensions)].map((one) =>
          one.propose(seen, pending, seededRandom('x')),
        );
        expect([0, 1, 5].map((rank) => a?.(rank))).toEqual([0, 1, 5].map((rank) => b?.(rank)));
      }),
      { numRuns: 15 },
    );
  });

  it('believes what it saw where it saw it, and little elsewhere', () => {
    const points = vectors(12, 3);
    const posterior = posteriorOf([false, true], points, { ...hyper, noise: 1e-4 });
    const targets = Float64Array.from(points, (point) => Math.sin(5 * (point[0] as number)));
    const fitted = posterior?.learn(targets) ?? new Float64Array();
    for (const [i, target] of targets.entries()) expect(fitted[i]).toBeCloseTo(target, 1);
    const squared = new Float64Array(12);
    const deviationAt = (x: number, choice: number): number => {
      posterior?.distances(Float64Array.of(x, choice), squared);
      const most = posterior?.belief(squared).most ?? 0;
      const exact = posterior?.deviation() ?? 0;
      expect(exact).toBeLessThanOrEqual(most + 1e-9);
      return exact;
    };
    const [first] = points as [Float64Array];
    expect(deviationAt(first[0] as number, first[1] as number)).toBeLessThan(0.1);
    expect(deviationAt(9, 7)).toBeGreaterThan(0.3);
  });

  it('grows by an observation at a time as if it had been made of all', () => {
    const points = vectors(60, 5);
    const whole = posteriorOf([false, true], points, hyper);
    const grown = posteriorOf([false, true], points.slice(0, 10), hyper);
    for (const point of points.slice(10)) grown?.append(point);
    const targets = Float64Array.from(points, (point) => (point[0] as number) ** 2);
    const [a, b] = [whole?.learn(targets), grown?.learn(targets)];
    expect(a).toHaveLength(60);
    for (const [i, value] of (a ?? []).entries()) expect(b?.[i]).toBeCloseTo(value, 8);
  });
});

describe('its parts', () => {
  it('invert a matrix', () => {
    const n = 6;
    const random = seededRandom('matrix');
    const matrix = new Float64Array(n * n);
    const points = Array.from({ length: n }, () => random.next());
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++)
        matrix[i * n + j] = matern(((points[i] as number) - (points[j] as number)) ** 2) + (i === j ? 0.1 : 0);
    }
    const factor = matrix.slice();
    expect(cholesky(factor, n)).toBe(true);
    const inverse = inverseOf(factor, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += (matrix[i * n + k] as number) * (inverse[k * n + j] as number);
        expect(sum).toBeCloseTo(i === j ? 1 : 0, 9);
      }
    }
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBe(false);
  });

  it('fall with distance as Matern 5/2 does', () => {
    for (const squared of [0, 1e-6, 0.1, 1, 7, 60]) {
      const s = Math.sqrt(5 * squared);
      expect(matern(squared)).toBeCloseTo((1 + s + (s * s) / 3) * Math.exp(-s), 10);
    }
    expect(matern(1e9)).toBe(0);
  });

  it('expect more improvement of a higher mean and of less certainty, without a gap far below', () => {
    const deviations = [0.1, 0.5, 1, 2];
    let last = Number.NEGATIVE_INFINITY;
    for (let mean = -30; mean <= 3; mean += 0.05) {
      const now = logImprovement(mean, 1);
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    const byDeviation = deviations.map((deviation) => logImprovement(-1, deviation));
    expect(byDeviation).toEqual([...byDeviation].sort((a, b) => a - b));
    expect(Math.exp(logImprovement(0, 1))).toBeCloseTo(0.39894, 4);
  });

  it('keep the order of values, take failures for the worst and survive equal ones', () => {
    const targets = targetsOf([3, -1, Number.NEGATIVE_INFINITY, 5, 1e9]);
    expect([...targets].sort((a, b) => a - b)).toEqual([targets[1], targets[2], targets[0], targets[3], targets[4]]);
    expect([...targetsOf([2, 2, 2])]).toEqual([0, 0, 0]);
    expect([...targetsOf([Number.NEGATIVE_INFINITY])]).toEqual([0]);
  });
});
