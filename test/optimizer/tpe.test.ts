import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { parzen } from '#lib/optimizer/variable-search/parzen';
import { TPE_DEFAULTS, tpeProposals } from '#lib/optimizer/variable-search/tpe';
import { checkValue } from '#lib/variable/check-value';
import { decode, dimensionsOf, encode } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import type { Space } from '#lib/variable/space';
import type { VariableType } from '#lib/variable/variable';
import { mixedSpace } from './worlds.ts';

const spaceOf = (...types: VariableType[]): Space => ({
  variables: types.map((type, index) => ({ name: `v${index}`, type })),
  constraints: [],
  candidates: {},
});

describe('the density estimate', () => {
  it.each<[string, VariableType]>([
    ['a category', { kind: 'choice', choices: ['a', 'b', 'c', 'd'] }],
    ['an integer', { kind: 'integer', min: 0, max: 9 }],
    ['a float', { kind: 'float', min: -1, max: 1 }],
  ])('of %s integrates to one', (_title, type) => {
    const dimensions = dimensionsOf(spaceOf(type));
    const random = seededRandom('points');
    const points = Array.from({ length: 7 }, () => encode(dimensions, sample(dimensions, random)));
    const density = parzen(
      dimensions,
      points,
      points.map(() => 1),
      TPE_DEFAULTS,
    );
    const cells = type.kind === 'choice' ? 4 : type.kind === 'integer' ? 10 : 2000;
    let total = 0;
    for (let cell = 0; cell < cells; cell++) {
      const coordinate = type.kind === 'choice' ? cell : (cell + 0.5) / cells;
      total += Math.exp(density.logDensity([coordinate])) / (type.kind === 'float' ? cells : 1);
    }
    expect(total).toBeCloseTo(1, 3);
  });

  it('is larger near what was observed', () => {
    const dimensions = dimensionsOf(
      spaceOf({ kind: 'float', min: 0, max: 1 }, { kind: 'choice', choices: ['a', 'b'] }),
    );
    const density = parzen(
      dimensions,
      [
        [0.2, 0],
        [0.25, 0],
        [0.22, 0],
      ],
      [1, 1, 1],
      TPE_DEFAULTS,
    );
    expect(density.logDensity([0.22, 0])).toBeGreaterThan(density.logDensity([0.22, 1]));
    expect(density.logDensity([0.22, 0])).toBeGreaterThan(density.logDensity([0.9, 0]) + 1);
  });

  it('draws only points of the space, whatever the conditions', () => {
    const dimensions = dimensionsOf(mixedSpace);
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 12 }), (seed, count) => {
        const random = seededRandom(seed);
        const points = Array.from({ length: count }, () => encode(dimensions, sample(dimensions, random)));
        const drawn = parzen(
          dimensions,
          points,
          points.map(() => 1),
          TPE_DEFAULTS,
        ).sample(random);
        const assignment = decode(dimensions, drawn);
        expect('depth' in assignment).toBe(assignment.module === 'chain_of_thought');
        expect(Object.keys(assignment)).toHaveLength(drawn.filter((coordinate) => coordinate !== null).length);
        for (const variable of mixedSpace.variables) {
          const value = assignment[variable.name];
          if (value !== undefined) expect(checkValue(variable, value, mixedSpace)).toBeUndefined();
        }
      }),
    );
  });
});

describe('the proposals', () => {
  const space = spaceOf({ kind: 'float', min: 0, max: 1 }, { kind: 'choice', choices: ['bad', 'good'] });
  const dimensions = dimensionsOf(space);

  it('gather where the good observations are', () => {
    const random = seededRandom('gather');
    const observations = Array.from({ length: 40 }, () => {
      const assignment = sample(dimensions, random);
      return { assignment, value: (assignment.v1 === 'good' ? 1 : 0) - Math.abs(Number(assignment.v0) - 0.8) };
    });
    const firsts = Array.from(
      { length: 20 },
      (_, k) => tpeProposals(dimensions, observations, [], seededRandom(k))(0) ?? {},
    );
    expect(firsts.filter(({ v1 }) => v1 === 'good').length).toBeGreaterThanOrEqual(18);
    expect(firsts.filter(({ v0 }) => Math.abs(Number(v0) - 0.8) < 0.2).length).toBeGreaterThanOrEqual(15);
  });

  it('keep away from what is still running', () => {
    const observations = [0.1, 0.3, 0.5, 0.7, 0.9].map((v0) => ({
      assignment: { v0, v1: 'good' },
      value: -Math.abs(v0 - 0.5),
    }));
    const distance = (pending: { v0: number; v1: string }[]): number => {
      const firsts = Array.from(
        { length: 30 },
        (_, k) => tpeProposals(dimensions, observations, pending, seededRandom(k))(0) ?? {},
      );
      return firsts.reduce((sum, { v0 }) => sum + Math.abs(Number(v0) - 0.5), 0) / 30;
    };
    expect(
      distance([
        { v0: 0.5, v1: 'good' },
        { v0: 0.52, v1: 'good' },
      ]),
    ).toBeGreaterThan(distance([]));
  });

  it('are random, not stuck, when all values are the same or all failed', () => {
    for (const value of [0.5, Number.NEGATIVE_INFINITY]) {
      const observations = [0.1, 0.2, 0.3].map((v0) => ({ assignment: { v0, v1: 'bad' }, value }));
      const proposals = tpeProposals(dimensions, observations, [], seededRandom('flat'));
      expect(new Set(Array.from({ length: 20 }, (_, rank) => proposals(rank)?.v1))).toEqual(new Set(['bad', 'good']));
    }
  });

  it('leave the region where everything failed', () => {
    const observations = Array.from({ length: 20 }, (_, k) => ({
      assignment: { v0: k / 20, v1: k < 10 ? 'bad' : 'good' },
      value: k < 10 ? Number.NEGATIVE_INFINITY : 0.5,
    }));
    const firsts = Array.from(
      { length: 20 },
      (_, k) => tpeProposals(dimensions, observations, [], seededRandom(k))(0) ?? {},
    );
    expect(firsts.filter(({ v1 }) => v1 === 'good').length).toBeGreaterThanOrEqual(18);
  });
});
