/**
 * Does `a` dominate `b`? Both hold one value an objective, larger is better: nowhere worse and somewhere better.
 */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  let better = false;
  for (let k = 0; k < a.length; k++) {
    const [ours, theirs] = [a[k] as number, b[k] as number];
    if (ours < theirs) return false;
    if (ours > theirs) better = true;
  }
  return better;
}

/** Places of the points that nothing dominates, in their order; of equal points the first. */
export function paretoFront(points: readonly (readonly number[])[]): number[] {
  return points.flatMap((point, index) => {
    const beaten = points.some(
      (other, place) => dominates(other, point) || (place < index && other.every((value, k) => value === point[k])),
    );
    return beaten ? [] : [index];
  });
}

/** Lowest and highest value of each objective, so that objectives of different units can be weighed. */
export function rangesOf(points: readonly (readonly number[])[]): { low: number; high: number }[] {
  const [first = []] = points;
  return first.map((_, k) => {
    const values = points.map((point) => point[k] as number);
    return { low: Math.min(...values), high: Math.max(...values) };
  });
}

/**
 * Place of the compromise: the point of the front nearest to the best of every objective, each scaled to the range the
 * front has; the earlier one of equals. -1 for no points.
 */
export function kneeOf(points: readonly (readonly number[])[]): number {
  const front = paretoFront(points);
  const ranges = rangesOf(front.map((index) => points[index] as readonly number[]));
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const index of front) {
    const missed = ranges.reduce((sum, { low, high }, k) => {
      const share = high > low ? (high - (points[index]?.[k] as number)) / (high - low) : 0;
      return sum + share * share;
    }, 0);
    if (missed < least - 1e-12) [best, least] = [index, missed];
  }
  return best;
}
