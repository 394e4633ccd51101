import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dominates, kneeOf, paretoFront } from '#lib/optimizer/pareto/front';
import { hypervolume } from '#lib/optimizer/pareto/hypervolume';
import { unbeatenBy } from '#lib/optimizer/pareto/unbeaten';

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

describe('what a front leaves unbeaten', () => {
  it('is cut into boxes, so that each point lies in one if no point dominates it, and else in none', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 2, max: 3 }), (all, count) => {
        const front = all.map((point) => point.slice(0, count));
        const { edges, boxes } = unbeatenBy(front, new Array(count).fill(0));
        const holds = (at: number[], first: number): boolean =>
          at.every((value, k) => {
            const low = edges[k]?.[boxes[first + 2 * k] as number] as number;
            const high = edges[k]?.[boxes[first + 2 * k + 1] as number] as number;
            return low < value && value < high;
          });
        for (let cell = 0; cell < 11 ** count; cell += 7) {
          const at = Array.from({ length: count }, (_, k) => (Math.floor(cell / 11 ** k) % 11) + 0.5);
          const beaten = front.some((point) => point.every((value, k) => value > (at[k] as number)));
          let inside = 0;
          for (let first = 0; first < boxes.length; first += 2 * count) if (holds(at, first)) inside++;
          expect(inside).toBe(beaten ? 0 : 1);
        }
      }),
      { numRuns: 60 },
    );
  });
});
