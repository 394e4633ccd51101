import type { Random } from '#lib/base/random';
import type { Dimension, Point } from './dimensions.ts';

export interface Forest {
  predict(point: Readonly<Point>): number;
}

type Node = number | { d: number; goesLeft: (coordinate: number | null) => boolean; left: Node; right: Node };

const MAX_DEPTH = 12;
const LEAF = 2;

/**
 * Regression trees on points of a space, each on a bootstrap sample; their mean predicts. A split is a threshold on a
 * number, one choice against the others, or existing against not. Source: Breiman 2001.
 */
export function growForest(
  dimensions: readonly Dimension[],
  points: readonly Readonly<Point>[],
  values: readonly number[],
  random: Random,
  trees: number,
): Forest {
  const all = points.map((_, i) => i);
  const roots = Array.from({ length: trees }, () => {
    const sample = all.map(() => Math.floor(random.next() * all.length));
    return grow(dimensions, points, values, sample, random, 0);
  });
  return { predict: (point) => roots.reduce<number>((sum, root) => sum + predict(root, point), 0) / trees };
}

function predict(root: Node, point: Readonly<Point>): number {
  let node = root;
  while (typeof node !== 'number') node = node.goesLeft(point[node.d] ?? null) ? node.left : node.right;
  return node;
}

function grow(
  dimensions: readonly Dimension[],
  points: readonly Readonly<Point>[],
  values: readonly number[],
  members: readonly number[],
  random: Random,
  depth: number,
): Node {
  const mean = members.reduce((sum, i) => sum + (values[i] as number), 0) / members.length;
  const spread = (list: readonly number[]): number => {
    const middle = list.reduce((sum, i) => sum + (values[i] as number), 0) / list.length;
    return list.reduce((sum, i) => sum + ((values[i] as number) - middle) ** 2, 0);
  };
  if (members.length < 2 * LEAF || depth >= MAX_DEPTH || spread(members) < 1e-24) return mean;
  let best: { error: number; d: number; goesLeft: (coordinate: number | null) => boolean } | undefined;
  // Five of six dimensions at each split: trees that differ, and still see what matters.
  for (const d of random.sample(
    dimensions.map((_, k) => k),
    Math.ceil((5 * dimensions.length) / 6),
  )) {
    for (const goesLeft of splits(
      dimensions[d] as Dimension,
      members.map((i) => points[i]?.[d] ?? null),
      random,
    )) {
      const left = members.filter((i) => goesLeft(points[i]?.[d] ?? null));
      if (left.length === 0 || left.length === members.length) continue;
      const right = members.filter((i) => !goesLeft(points[i]?.[d] ?? null));
      const error = spread(left) + spread(right);
      if (best === undefined || error < best.error) best = { error, d, goesLeft };
    }
  }
  if (best === undefined) return mean;
  const { d, goesLeft } = best;
  const child = (side: boolean): Node => {
    const part = members.filter((i) => goesLeft(points[i]?.[d] ?? null) === side);
    return grow(dimensions, points, values, part, random, depth + 1);
  };
  return { d, goesLeft, left: child(true), right: child(false) };
}

const THRESHOLDS = 8;

function splits(
  dimension: Dimension,
  coordinates: readonly (number | null)[],
  random: Random,
): ((coordinate: number | null) => boolean)[] {
  const there = [...new Set(coordinates.filter((one) => one !== null))].sort((a, b) => a - b);
  const exists = coordinates.includes(null) ? [(one: number | null) => one !== null] : [];
  if (dimension.kind === 'category')
    return [...exists, ...there.map((choice) => (one: number | null) => one === choice)];
  const gaps = there.slice(1).map((high, k) => ((there[k] as number) + high) / 2);
  const tried = gaps.length > THRESHOLDS ? random.sample(gaps, THRESHOLDS) : gaps;
  return [...exists, ...tried.map((at) => (one: number | null) => one !== null && one < at)];
}
