import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import { decode, defaultAssignment, dimensionsOf, encode } from '#lib/variable/dimensions';
import { resolveAssignment, settle } from '#lib/variable/resolve';
import { sample, sampleFilling } from '#lib/variable/sample';
import { anySpace, arithmetic, spaceOf, typed } from './spaces.ts';

describe('samples', () => {
  it('always satisfy the space, and are complete: resolving adds nothing and drops nothing', async () => {
    await fc.assert(
      fc.asyncProperty(anySpace, fc.integer(), fc.integer({ min: 1, max: 6 }), async (space, seed, count) => {
        const dimensions = dimensionsOf(space);
        const random = seededRandom(seed);
        const drawn = [
          sample(dimensions, random),
          ...sampleFilling(dimensions, count, random),
          defaultAssignment(dimensions),
        ];
        for (const assignment of drawn) {
          const { values, problems } = await resolveAssignment(space, assignment, arithmetic);
          expect(problems).toEqual([]);
          expect(values).toEqual(assignment);
        }
      }),
    );
  });

  it('are encoded and decoded without loss', () => {
    fc.assert(
      fc.property(anySpace, fc.integer(), (space, seed) => {
        const dimensions = dimensionsOf(space);
        const assignment = sample(dimensions, seededRandom(seed));
        const point = encode(dimensions, assignment);
        expect(point.filter((coordinate) => coordinate !== null)).toHaveLength(Object.keys(assignment).length);
        const back = decode(dimensions, point);
        expect(Object.keys(back).sort()).toEqual(Object.keys(assignment).sort());
        for (const [name, value] of Object.entries(assignment)) {
          // A float passes through its logarithm and back; everything else is exact.
          if (typeof value === 'number' && !Number.isInteger(value)) expect(back[name]).toBeCloseTo(value, 9);
          else expect(canonicalJson(back[name])).toBe(canonicalJson(value));
        }
      }),
    );
  });

  it('are the same for the same seed', () => {
    fc.assert(
      fc.property(anySpace, fc.integer(), (space, seed) => {
        const dimensions = dimensionsOf(space);
        expect(sampleFilling(dimensions, 5, seededRandom(seed))).toEqual(
          sampleFilling(dimensions, 5, seededRandom(seed)),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('scales', () => {
  const draw = (variable: Parameters<typeof spaceOf>[0][number], count = 4000): number[] => {
    const dimensions = dimensionsOf(spaceOf([variable]));
    const random = seededRandom('scale');
    return Array.from({ length: count }, () => Number(sample(dimensions, random)[variable.name]));
  };
  const share = (values: number[], holds: (value: number) => boolean): number =>
    values.filter(holds).length / values.length;

  it('are uniform on integers, both ends included with their full share', () => {
    const values = draw(typed('n', { kind: 'integer', min: 1, max: 4 }));
    for (const n of [1, 2, 3, 4]) expect(share(values, (value) => value === n)).toBeCloseTo(0.25, 1);
  });

  it('are uniform on the logarithm where asked: as many from 0.01 to 0.1 as from 10 to 100', () => {
    const values = draw(typed('x', { kind: 'float', min: 0.01, max: 100, log: true }));
    expect(share(values, (value) => value < 0.1)).toBeCloseTo(0.25, 1);
    expect(share(values, (value) => value > 10)).toBeCloseTo(0.25, 1);
    const whole = draw(typed('n', { kind: 'integer', min: 1, max: 1000, log: true }));
    expect(share(whole, (value) => value <= 31)).toBeCloseTo(0.55, 1);
    expect(new Set(whole.filter((value) => !Number.isInteger(value) || value < 1 || value > 1000)).size).toBe(0);
  });

  it('reach the last step and only steps, as people write them', () => {
    const values = new Set(draw(typed('x', { kind: 'float', min: 0.1, max: 0.5, step: 0.1 }), 500));
    expect([...values].sort()).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    expect(new Set(draw(typed('n', { kind: 'integer', min: 2, max: 9, step: 3 }), 100))).toEqual(new Set([2, 5, 8]));
  });

  it('of a single value have that value', () => {
    expect(new Set(draw(typed('x', { kind: 'float', min: 2, max: 2 }), 10))).toEqual(new Set([2]));
  });
});

describe('space-filling samples', () => {
  it('use every slice of every number once and every choice equally often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer(), (count, seed) => {
        const dimensions = dimensionsOf(
          spaceOf([
            typed('x', { kind: 'float', min: 0, max: 1 }),
            typed('c', { kind: 'choice', choices: ['a', 'b', 'c'] }),
          ]),
        );
        const drawn = sampleFilling(dimensions, count, seededRandom(seed));
        const slices = drawn.map(({ x }) => Math.floor(Number(x) * count)).sort((a, b) => a - b);
        expect(slices).toEqual(Array.from({ length: count }, (_, index) => index));
        for (const choice of ['a', 'b', 'c']) {
          const times = drawn.filter(({ c }) => c === choice).length;
          expect([Math.floor(count / 3), Math.ceil(count / 3)]).toContain(times);
        }
      }),
    );
  });
});

describe('the defaults', () => {
  it('are what nobody has optimized: given values, first choices, the middle, no demos', () => {
    const space = spaceOf([
      typed('given', { kind: 'float', min: 0, max: 2 }, { default: 0.7 }),
      typed('middle', { kind: 'float', min: 0, max: 2 }),
      typed('first', { kind: 'choice', choices: ['x', 'y'] }),
      typed('picked', { kind: 'choice', choices: ['x', 'y'] }, { default: 'y' }),
      typed('free', { kind: 'string', pattern: 'a+' }, { default: 'aa' }),
      typed('text', { kind: 'text', candidates: ['Be short.'] }, { default: 'Be kind.' }),
      typed('demos', { kind: 'demos' }),
      typed('hidden', { kind: 'boolean' }, { when: { first: 'y' } }),
    ]);
    const assignment = defaultAssignment(dimensionsOf(space));
    expect(assignment).toEqual({
      given: 0.7,
      middle: 1,
      first: 'x',
      picked: 'y',
      free: 'aa',
      text: { candidate: 'default' },
      demos: { candidate: 'default' },
    });
    expect(settle(space, assignment).problems).toEqual([]);
  });
});
