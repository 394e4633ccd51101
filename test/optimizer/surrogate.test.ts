import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { hypervolume } from '#lib/optimizer/pareto/hypervolume';
import { frontGain } from '#lib/optimizer/variable-search/gp/front-gain';
import { logCumulative, logImprovement } from '#lib/optimizer/variable-search/gp/improvement';
import { cholesky, inverseOf, matern } from '#lib/optimizer/variable-search/gp/kernel';
import { Posterior } from '#lib/optimizer/variable-search/gp/posterior';
import { createSurrogate } from '#lib/optimizer/variable-search/gp/surrogate';
import { slackTargetsOf, targetsOf } from '#lib/optimizer/variable-search/gp/targets';
import { dimensionsOf } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
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
      fc.property(
        fc.integer(),
        fc.integer({ min: 4, max: 70 }),
        fc.boolean(),
        fc.boolean(),
        (seed, count, several, limited) => {
          const random = seededRandom(seed);
          const seen = Array.from({ length: count }, () => ({
            assignment: sample(dimensions, random),
            values: several ? [random.next(), random.next()] : [random.next()],
            ...(limited ? { slacks: [random.next() - 0.3] } : {}),
          }));
          const steady = createSurrogate(dimensions);
          for (let k = 4; k < count; k += several || limited ? 9 : 1)
            steady.propose(seen.slice(0, k), [], seededRandom(k));
          const pending = [sample(dimensions, random)];
          const [a, b] = [steady, createSurrogate(dimensions)].map((one) =>
            one.propose(seen, pending, seededRandom('x')),
          );
          expect([0, 1, 5].map((rank) => a?.(rank))).toEqual([0, 1, 5].map((rank) => b?.(rank)));
        },
      ),
      { numRuns: 12 },
    );
  });

  it('believes what it saw where it saw it, and little elsewhere', () => {
    const points = vectors(12, 3);
    const posterior = Posterior.of([false, true], points, { ...hyper, noise: 1e-4 }) as Posterior;
    const targets = Float64Array.from(points, (point) => Math.sin(5 * (point[0] as number)));
    const fitted = posterior.learn(targets);
    for (const [i, target] of targets.entries()) expect(fitted[i]).toBeCloseTo(target, 1);
    const deviationAt = (x: number, choice: number): number => {
      posterior.at(Float64Array.of(x, choice));
      const exact = posterior.deviation();
      expect(exact).toBeLessThanOrEqual(posterior.most + 1e-9);
      return exact;
    };
    const [first] = points as [Float64Array];
    expect(deviationAt(first[0] as number, first[1] as number)).toBeLessThan(0.1);
    expect(deviationAt(9, 7)).toBeGreaterThan(0.3);
  });

  it('believes what is noisy less, and what is known of the others more', () => {
    const points = vectors(12, 3);
    const targets = new Float64Array(12);
    targets[4] = 3;
    const fitted = (noise: number): number => {
      const extra = new Float64Array(12);
      extra[4] = noise;
      return Posterior.of([false, true], points, hyper, extra)?.learn(targets)[4] as number;
    };
    expect(fitted(0)).toBeGreaterThan(2);
    expect(fitted(1)).toBeLessThan(fitted(0));
    expect(fitted(100)).toBeLessThan(0.5);
  });

  it('grows by an observation at a time as if it had been made of all', () => {
    const points = vectors(60, 5);
    const whole = Posterior.of([false, true], points, hyper) as Posterior;
    const grown = Posterior.of([false, true], points.slice(0, 10), hyper) as Posterior;
    for (const point of points.slice(10)) grown.append(point);
    const targets = Float64Array.from(points, (point) => (point[0] as number) ** 2);
    const [a, b] = [whole.learn(targets), grown.learn(targets)];
    expect(a).toHaveLength(60);
    for (const [i, value] of a.entries()) expect(b[i]).toBeCloseTo(value, 8);
    for (const one of [whole, grown]) one.at(Float64Array.of(0.4, 1));
    expect(grown.mean).toBeCloseTo(whole.mean, 8);
    expect(grown.deviation()).toBeCloseTo(whole.deviation(), 8);
    // A copy supposes for itself.
    const copy = grown.copy();
    copy.append(Float64Array.of(0.4, 1));
    expect([grown.size, copy.size]).toEqual([60, 61]);
    expect(grown.deviation()).toBeCloseTo(whole.deviation(), 8);
  });

  it('believes after steps what it believes when it goes there', () => {
    const points = vectors(30, 8);
    const posterior = Posterior.of([false, true], points, hyper) as Posterior;
    posterior.learn(Float64Array.from(points, (point) => (point[0] as number) + (point[1] as number)));
    posterior.at(Float64Array.of(0.2, 0));
    posterior.keep();
    posterior.step(0, 0.2, 0.7);
    posterior.keep();
    posterior.step(1, 0, 2);
    const walked = [posterior.mean, posterior.most, posterior.deviation()];
    posterior.at(Float64Array.of(0.7, 2));
    for (const [k, value] of [posterior.mean, posterior.most, posterior.deviation()].entries()) {
      expect(walked[k]).toBeCloseTo(value, 10);
    }
  });
});

describe('several things at once', () => {
  const line = dimensionsOf({
    variables: [
      { name: 'x', type: { kind: 'float', min: 0, max: 1 } },
      { name: 'y', type: { kind: 'float', min: 0, max: 1 } },
    ],
    constraints: [],
    candidates: {},
  });
  const drawn = (count: number): Assignment[] => {
    const random = seededRandom('several');
    return Array.from({ length: count }, () => sample(line, random));
  };
  const share = (
    yes: (one: Assignment) => boolean,
    propose: (seed: number) => Assignment | null | undefined,
  ): number => {
    let count = 0;
    for (let seed = 0; seed < 40; seed++) if (yes(propose(seed) ?? {})) count++;
    return count / 40;
  };

  it('looks within the limits that it has learned, and for the way there before anything was', () => {
    // Better to the right, and allowed only at the left.
    const observe = (most: number) => (assignment: Assignment) => ({
      assignment,
      values: [Number(assignment.x) + Number(assignment.y)],
      slacks: [most - Number(assignment.x)],
    });
    const surrogate = createSurrogate(line);
    const seen = drawn(24).map(observe(0.4));
    const inside = share(
      ({ x }) => Number(x) <= 0.42,
      (seed) => surrogate.propose(seen, [], seededRandom(seed))?.(0),
    );
    expect(inside).toBeGreaterThan(0.8);
    const far = drawn(24)
      .filter(({ x }) => Number(x) > 0.3)
      .map(observe(0.1));
    const least = Math.min(...far.map(({ assignment }) => Number(assignment.x)));
    const nearer = share(
      ({ x }) => Number(x) < least,
      (seed) => surrogate.propose(far, [], seededRandom(seed))?.(0),
    );
    expect(nearer).toBeGreaterThan(0.9);
  });

  it('learns the rules of the space from what they refused', () => {
    const seen = drawn(12)
      .filter(({ x }) => Number(x) < 0.5)
      .map((assignment) => ({ assignment, values: [Number(assignment.x)] }));
    const rulings = drawn(40).map((assignment) => ({ assignment, admitted: Number(assignment.x) < 0.5 }));
    const admitted = (told: typeof rulings): number =>
      share(
        // At the very edge it may be wrong.
        ({ x }) => Number(x) < 0.54,
        (seed) => createSurrogate(line).propose(seen, [], seededRandom(seed), told)?.(0),
      );
    expect(admitted([])).toBeLessThan(0.3);
    expect(admitted(rulings)).toBeGreaterThan(0.8);
  });

  it('is not led astray by failures, unknown slacks and values that are all equal', () => {
    for (const values of [null, [1, 1], [Number.MAX_VALUE, -Number.MAX_VALUE]]) {
      const seen = drawn(20).map((assignment, k) => ({
        assignment,
        values: k === 7 ? null : values,
        slacks: [k % 2 === 0 ? Number.NaN : -1],
      }));
      const next = createSurrogate(line).propose(seen, drawn(22).slice(20), seededRandom(1))?.(0);
      expect(Object.keys(next ?? {})).toEqual(['x', 'y']);
      expect(Number.isFinite(next?.x)).toBe(true);
    }
  });

  it('expects of a point the volume that it adds to the front', () => {
    const points = vectors(20, 11).map((point) => Float64Array.of(point[0] as number, (point[1] as number) / 2));
    const posteriors = [0, 1].map((k) => {
      const posterior = Posterior.of([false, false], points, hyper) as Posterior;
      posterior.learn(
        Float64Array.from(points, (point) => Math.cos(3 * (point[k] as number) + (point[1 - k] as number))),
      );
      return posterior;
    });
    const front = [
      [0.2, 0.9],
      [0.5, 0.5],
      [0.8, -0.3],
    ];
    const merit = frontGain(front, [-1, -1], posteriors);
    const random = seededRandom('volume');
    for (const at of [Float64Array.of(0.1, 0.3), Float64Array.of(0.9, 0.8), Float64Array.of(3, 3)]) {
      for (const posterior of posteriors) posterior.at(at);
      const believed = posteriors.map((posterior) => [posterior.mean, posterior.deviation()] as const);
      const before = hypervolume(front, [-1, -1]);
      let sum = 0;
      for (let k = 0; k < 20_000; k++) {
        const point = believed.map(([mean, deviation]) => mean + deviation * random.normal());
        sum += hypervolume([...front, point], [-1, -1]) - before;
      }
      const drawnVolume = sum / 20_000;
      expect(Math.abs(Math.exp(merit.value(true)) - drawnVolume)).toBeLessThan(0.05 * drawnVolume + 1e-3);
    }
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

  it('know how likely a limit is kept, far below it too', () => {
    expect(Math.exp(logCumulative(0))).toBeCloseTo(0.5, 6);
    expect(Math.exp(logCumulative(1.96))).toBeCloseTo(0.975, 4);
    let last = Number.NEGATIVE_INFINITY;
    for (let z = -40; z < 5; z += 0.05) {
      expect(logCumulative(z)).toBeGreaterThan(last);
      last = logCumulative(z);
    }
    const { targets, threshold } = slackTargetsOf([3, -1, Number.NaN, 0.5]);
    expect([...targets].map((target) => target >= threshold)).toEqual([true, false, false, true]);
  });

  it('keep the order of values, take failures for the worst and survive equal ones', () => {
    const { targets } = targetsOf([3, -1, Number.NEGATIVE_INFINITY, 5, 1e9]);
    expect([...targets].sort((a, b) => a - b)).toEqual([targets[1], targets[2], targets[0], targets[3], targets[4]]);
    expect([...targetsOf([2, 2, 2]).targets]).toEqual([0, 0, 0]);
    expect([...targetsOf([Number.NEGATIVE_INFINITY]).targets]).toEqual([0]);
  });
});
