/** A document by its position, and how near it is: higher is nearer. */
export interface Hit {
  index: number;
  score: number;
}

/** The `k` best of the scores above `floor`, best first; of equals the earlier. Linear in the number of scores for small k. */
export function nearest(scores: ArrayLike<number>, k: number, floor = Number.NEGATIVE_INFINITY): Hit[] {
  const best: Hit[] = [];
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index] ?? 0;
    const last = best.at(-1);
    if (!(score > floor) || (best.length >= k && last !== undefined && score <= last.score)) continue;
    let at = best.length;
    while (at > 0 && score > (best[at - 1]?.score ?? Number.POSITIVE_INFINITY)) at--;
    best.splice(at, 0, { index, score });
    if (best.length > k) best.pop();
  }
  return best;
}
