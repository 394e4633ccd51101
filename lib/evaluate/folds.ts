import { seededRandom } from '#lib/base/random';
import { byExample, type Scored } from './repetition.ts';

export interface Folds {
  /** In fold order; a fold of which nothing is finished has no score. */
  scores: { examples: number; score: number | null }[];
  /** Weighted mean of a fold, taken over the folds: their mean and standard deviation. */
  mean: number | null;
  deviation: number | null;
}

/**
 * Which fold each example is in: seeded, sizes differ by at most one, whatever order the ids come in.
 * `foldsOf(['a', 'b', 'c'], 3, 7)`
 */
export function foldsOf(exampleIds: readonly string[], count: number, seed: number | string): Map<string, number> {
  const shuffled = seededRandom(`folds/${seed}`).shuffle([...exampleIds].sort());
  return new Map(shuffled.map((id, place) => [id, place % count]));
}

/** Scores fold by fold, failures as 0: how much the score depends on which examples one has. */
export function foldScores(
  results: readonly Scored[],
  exampleIds: readonly string[],
  count: number,
  seed: number | string,
): Folds {
  const folds = foldsOf(exampleIds, count, seed);
  const sums = Array.from({ length: count }, () => ({ examples: 0, sum: 0, weight: 0 }));
  for (const { exampleId, weight, score } of byExample(results)) {
    const fold = sums[folds.get(exampleId) ?? -1];
    if (fold === undefined) continue;
    fold.examples++;
    fold.sum += weight * score;
    fold.weight += weight;
  }
  const scores = sums.map(({ examples, sum, weight }) => ({ examples, score: weight > 0 ? sum / weight : null }));
  const known = scores.flatMap(({ score }) => score ?? []);
  const mean = known.length === 0 ? null : known.reduce((total, score) => total + score, 0) / known.length;
  const squares = known.reduce((total, score) => total + (score - (mean ?? 0)) ** 2, 0);
  return { scores, mean, deviation: known.length < 2 ? null : Math.sqrt(squares / (known.length - 1)) };
}
