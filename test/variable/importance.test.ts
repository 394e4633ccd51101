import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { dimensionsOf } from '#lib/variable/dimensions';
import { importanceOf } from '#lib/variable/importance';
import { sample } from '#lib/variable/sample';
import type { Assignment, Variable } from '#lib/variable/variable';

const variables: Variable[] = [
  { name: 'strong', type: { kind: 'float', min: 0, max: 1 } },
  { name: 'weak', type: { kind: 'choice', choices: ['a', 'b', 'c'] } },
  { name: 'idle', type: { kind: 'integer', min: 0, max: 9 } },
  { name: 'hidden', type: { kind: 'boolean' }, when: { weak: 'c' } },
];
const dimensions = dimensionsOf({ variables, constraints: [], candidates: {} });
const observed = (count: number, value: (a: Assignment) => number, seed = 1) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const assignment = sample(dimensions, random);
    return { assignment, value: value(assignment) };
  });
};
const effect = (a: Assignment): number => 4 * Number(a.strong) + (a.weak === 'b' ? 0.8 : 0);

describe('the importance of variables', () => {
  it('ranks them by what they change, each share within its interval', () => {
    const [strong, weak, idle, hidden] = importanceOf(dimensions, observed(60, effect));
    expect(strong?.share).toBeGreaterThan(0.7);
    expect(strong?.low).toBeGreaterThan(weak?.high ?? 1);
    expect(weak?.share).toBeGreaterThan(idle?.share ?? 1);
    expect(idle?.share).toBeLessThan(0.1);
    expect(hidden?.share).toBeLessThan(0.1);
    for (const one of [strong, weak, idle]) {
      expect(one?.low).toBeLessThanOrEqual(one?.share ?? 0);
      expect(one?.high).toBeGreaterThanOrEqual(one?.share ?? 1);
    }
  });

  it('counts what works only together for both', () => {
    const both = (a: Assignment): number => (Number(a.strong) > 0.5 === Number(a.idle) > 4.5 ? 1 : 0);
    const [strong, , idle] = importanceOf(dimensions, observed(120, both));
    expect(strong?.share).toBeGreaterThan(0.4);
    expect(idle?.share).toBeGreaterThan(0.4);
  });

  it('is less sure the less was observed', () => {
    const width = (count: number): number => {
      let sum = 0;
      for (let seed = 0; seed < 3; seed++) {
        for (const { low, high } of importanceOf(dimensions, observed(count, effect, seed))) sum += high - low;
      }
      return sum;
    };
    expect(width(10)).toBeGreaterThan(width(70) * 1.3);
  });

  it('is the same for the same seed, nothing for a few observations, and 0 when all values are the same', () => {
    const some = observed(30, effect);
    expect(importanceOf(dimensions, some)).toEqual(importanceOf(dimensions, some));
    expect(importanceOf(dimensions, some.slice(0, 3))).toEqual([]);
    expect(
      importanceOf(
        dimensions,
        observed(9, () => Number.NaN),
      ),
    ).toEqual([]);
    expect(
      importanceOf(
        dimensions,
        observed(9, () => 2),
      ).map(({ share }) => share),
    ).toEqual([0, 0, 0, 0]);
  });
});
