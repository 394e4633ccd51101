import { seededRandom } from '#lib/base/random';
import { type Dimension, decode } from '#lib/variable/dimensions';
import type { Assignment } from '#lib/variable/variable';

// A grid is only listed whole up to here; of a larger one points are drawn.
const MAX_LISTED = 20_000;

/** The points of a grid with at most `levels` points on each number, in seeded order; both ends belong to it. */
export function gridPoints(dimensions: readonly Dimension[], levels: number, seed: number | string): Assignment[] {
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
      // A hair below 1 because coordinates end there.
      return dimension.kind === 'category' ? step : count === 1 ? 0.5 : Math.min(step / (count - 1), 1 - 1e-12);
    });
    return decode(dimensions, point);
  });
}
