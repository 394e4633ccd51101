import type { Random } from '#lib/base/random';
import type { Dimension, Point } from '#lib/variable/dimensions';
import { existsUnder } from '#lib/variable/existence';
import type { Assignment } from '#lib/variable/variable';

/** The dimensions as a distance sees them: a coordinate each, whatever exists. */
export interface Features {
  count: number;
  isCategory: readonly boolean[];
  /** Choices of a category; 0 for a number. */
  sizes: readonly number[];
  /** Does the existence of others rest on this dimension? */
  isCondition: readonly boolean[];
  /** A coordinate on the nearest value there is. */
  snap(d: number, coordinate: number): number;
  draw(d: number, random: Random): number;
  /**
   * The point with coordinates where its variables exist and null where not: what came into being is drawn anew. The same
   * point when nothing of it had to change.
   */
  settle(point: Point, random: Random): Point;
}

export function featuresOf(dimensions: readonly Dimension[]): Features {
  const names = dimensions.map(({ name }) => name);
  const parents = new Set(dimensions.flatMap(({ variable }) => Object.keys(variable.when ?? {})));
  const conditional = dimensions.some(({ variable }) => variable.when !== undefined);
  const snaps = dimensions.map((dimension) => {
    if (dimension.kind === 'category' || !Number.isFinite(dimension.levels)) return (unit: number) => unit;
    const { levels, variable } = dimension;
    const even = !('log' in variable.type && variable.type.log === true);
    // The same value by arithmetic: this is asked for with every move.
    if (even) return (unit: number) => (Math.min(levels - 1, Math.floor(unit * levels)) + 0.5) / levels;
    return (unit: number) => dimension.toUnit(dimension.fromUnit(unit));
  });
  const sizes = dimensions.map((dimension) => (dimension.kind === 'category' ? dimension.choices.length : 0));
  const draw = (d: number, random: Random): number => {
    const size = sizes[d] as number;
    return size > 0 ? Math.floor(random.next() * size) : (snaps[d] as (unit: number) => number)(random.next());
  };
  return {
    count: dimensions.length,
    isCategory: dimensions.map(({ kind }) => kind === 'category'),
    sizes,
    isCondition: names.map((name) => parents.has(name)),
    snap: (d, coordinate) => (snaps[d] as (unit: number) => number)(coordinate),
    draw,
    settle: (point, random) => {
      if (!conditional && !point.includes(null)) return point;
      const assignment: Assignment = {};
      return dimensions.map((dimension, d) => {
        if (!existsUnder(dimension.variable, assignment)) return null;
        const coordinate = point[d] ?? draw(d, random);
        if (parents.has(dimension.name)) {
          assignment[dimension.name] =
            dimension.kind === 'number' ? dimension.fromUnit(coordinate) : (dimension.choices[coordinate] ?? null);
        }
        return coordinate;
      });
    },
  };
}

/** What does not exist stands in the middle of a number, and beside the choices of a category. */
export function vectorOf(
  { isCategory, count }: Features,
  point: Readonly<Point>,
  into: Float64Array = new Float64Array(count),
): Float64Array {
  for (let d = 0; d < count; d++) into[d] = point[d] ?? (isCategory[d] === true ? -1 : 0.5);
  return into;
}
