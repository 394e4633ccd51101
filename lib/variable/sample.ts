import type { Random } from '#lib/base/random';
import { type Dimension, decode, type Point } from './dimensions.ts';
import type { Assignment } from './variable.ts';

/** One assignment drawn uniformly on each dimension's own scale (log and steps included). */
export function sample(dimensions: readonly Dimension[], random: Random): Assignment {
  return decode(
    dimensions,
    dimensions.map((dimension) => coordinateAt(dimension, random.next())),
  );
}

/**
 * `count` assignments that fill the space (a seeded Latin hypercube): on every dimension each of `count` equal slices is
 * used once, so a category with n choices has each of them floor or ceil of count/n times.
 * Source: McKay, Beckman and Conover 1979.
 */
export function sampleFilling(dimensions: readonly Dimension[], count: number, random: Random): Assignment[] {
  const slices = Array.from({ length: count }, (_, index) => index);
  const columns = dimensions.map((dimension) => {
    const order = random.shuffle(slices);
    if (dimension.kind === 'number') return order.map((slice) => (slice + random.next()) / count);
    // Dealt like cards: a slice that straddles two choices would give one of them too many.
    const deck = random.shuffle(dimension.choices.map((_, index) => index));
    return order.map((slice) => deck[slice % deck.length] ?? 0);
  });
  return slices.map((row) => {
    const point: Point = columns.map((column) => column[row] ?? null);
    return decode(dimensions, point);
  });
}

function coordinateAt(dimension: Dimension, unit: number): number {
  return dimension.kind === 'number' ? unit : Math.floor(unit * dimension.choices.length);
}
