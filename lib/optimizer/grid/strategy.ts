import * as z from 'zod';
import { seededRandom } from '#lib/base/random';
import { type Dimension, decode } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Assignment } from '#lib/variable/variable';
import { flatSearch } from '../flat-search.ts';
import type { Strategy } from '../spec.ts';
import { firstFresh } from '../tried.ts';

export const GridConfig = z.strictObject({
  trials: z.int().min(0).max(100_000).default(30),
  /** Points on each number that has more values than this. */
  levels: z.int().min(1).max(100).default(5),
});

// A grid is only listed whole up to here; of a larger one points are drawn.
const MAX_LISTED = 20_000;

/** A control: the defaults, then the points of a grid in seeded order, each on the whole validation split. */
export function gridSearch(evaluate: EvaluateExpression): Strategy {
  return flatSearch('grid', GridConfig, evaluate, async ({ history, config, dimensions, admission, tried }) => {
    const points = gridPoints(dimensions, config.levels, history.seed);
    return firstFresh((attempt) => points[attempt] ?? null, points.length, tried, admission);
  });
}

function gridPoints(dimensions: readonly Dimension[], levels: number, seed: number): Assignment[] {
  const counts = dimensions.map((dimension) =>
    dimension.kind === 'number' ? Math.min(levels, dimension.levels) : dimension.choices.length,
  );
  const total = counts.reduce((product, count) => product * count, 1);
  const random = seededRandom(`${seed}/grid`);
  const indices =
    total <= MAX_LISTED
      ? random.shuffle(Array.from({ length: total }, (_, index) => index))
      : Array.from({ length: MAX_LISTED }, () => Math.floor(random.next() * total));
  return indices.map((index) => {
    let rest = index;
    const point = dimensions.map((dimension, axis) => {
      const count = counts[axis] ?? 1;
      const step = rest % count;
      rest = Math.floor(rest / count);
      // Both ends belong to the grid; a hair below 1 because coordinates end there.
      return dimension.kind === 'category' ? step : count === 1 ? 0.5 : Math.min(step / (count - 1), 1 - 1e-12);
    });
    return decode(dimensions, point);
  });
}
