import { paretoFront } from './front.ts';

/** What no point of a front dominates, as boxes that do not overlap, between edges along each objective. */
export interface Unbeaten {
  /** Of each objective ascending, the reference first and Infinity last. */
  edges: Float64Array[];
  /** Boxes one after the other: of each objective the places of the lower and the upper edge. */
  boxes: Uint16Array;
}

/**
 * The part of the space above `reference` where a point would add volume; larger is better everywhere. Sliced by the last
 * objective, so its boxes grow with the points to the power of the objectives less one: meant for two to four.
 */
export function unbeatenBy(points: readonly (readonly number[])[], reference: readonly number[]): Unbeaten {
  const inside = points.map((point) => point.map((value, k) => Math.max(value, reference[k] as number)));
  const front = paretoFront(inside).map((index) => inside[index] as number[]);
  const edges = reference.map((low, k) => {
    const values = new Set([low, ...front.map((point) => point[k] as number), Number.POSITIVE_INFINITY]);
    return Float64Array.from(values).sort();
  });
  const places = edges.map((list) => new Map(Array.from(list, (value, place) => [value, place])));
  const asPlaces = front.map((point) => point.map((value, k) => places[k]?.get(value) as number));
  const tops = edges.map((list) => list.length - 1);
  return { edges, boxes: Uint16Array.from(boxesAbove(asPlaces, tops, tops.length).flat()) };
}

/** Of the first `count` objectives; an objective's places go from 0, the reference, to `tops`, infinity. */
function boxesAbove(points: readonly (readonly number[])[], tops: readonly number[], count: number): number[][] {
  const last = count - 1;
  const top = tops[last] as number;
  const heights = points.map((point) => point[last] as number);
  if (count === 1) return [[Math.max(0, ...heights), top]];
  const levels = [...new Set([0, ...heights])].sort((a, b) => b - a);
  let above = top;
  return levels.flatMap((level) => {
    // Between two levels the points as high as the upper one count, and of each only the other objectives.
    const counting = points.filter((point) => (point[last] as number) >= above);
    const slab = boxesAbove(counting, tops, last).map((box) => [...box, level, above]);
    above = level;
    return slab;
  });
}
