import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dominates, kneeOf, paretoFront } from '#lib/optimizer/pareto/front';
import { hypervolume } from '#lib/optimizer/pareto/hypervolume';

const points = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })),
  {
    maxLength: 12,
  },
);

describe('the front', () => {
  it('holds exactly what nothing dominates, of equals the first', () => {
    fc.assert(
      fc.property(points, (all) => {
        const front = paretoFront(all);
        for (const [index, point] of all.entries()) {
          const beaten = all.some((other) => dominates(other, point));
          const repeated = all.slice(0, index).some((other) => other.join() === point.join());
          expect(front.includes(index)).toBe(!beaten && !repeated);
        }
      }),
    );
  });

  it('has a compromise between the ends', () => {
    expect(
      kneeOf([
        [0, 10],
        [8, 8],
        [10, 0],
        [3, 3],
      ]),
    ).toBe(1);
    expect(kneeOf([[5], [7], [7]])).toBe(1);
    expect(kneeOf([])).toBe(-1);
  });
});

describe('the hypervolume', () => {
  it('is the number of unit cells below the points', () => {
    fc.assert(
      fc.property(points, (all) => {
        let cells = 0;
        for (let x = 0; x < 9; x++) {
          for (let y = 0; y < 9; y++) {
            for (let z = 0; z < 9; z++) if (all.some(([a, b, c]) => a > x && b > y && c > z)) cells++;
          }
        }
        expect(hypervolume(all, [0, 0, 0])).toBe(cells);
      }),
      { numRuns: 50 },
    );
  });

  it('counts nothing at or below the reference', () => {
    expect(
      hypervolume(
        [
          [1, 1],
          [-1, 5],
        ],
        [1, 0],
      ),
    ).toBe(0);
    expect(
      hypervolume(
        [
          [3, 2],
          [2, 3],
        ],
        [0, 0],
      ),
    ).toBe(8);
  });
});
