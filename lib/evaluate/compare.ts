import { seededRandom } from '#lib/base/random';
import { bootstrap, type Interval } from './interval.ts';
import { byExample, type Scored } from './repetition.ts';

export interface Comparison {
  /** Examples both sides have. */
  pairs: number;
  /** Examples only one side has: they are not compared. */
  unpaired: number;
  /** Weighted mean of b minus a, a failed example as 0; null without pairs. */
  difference: number | null;
  /** 95% bootstrap interval of the difference, resampling pairs. */
  interval: Interval | null;
  /** Two-sided sign-flip permutation test of "no difference"; 1 when every pair is equal. */
  pValue: number | null;
  wins: number;
  losses: number;
  ties: number;
  /** The smallest true difference these pairs would show four times out of five; null below two pairs. */
  minimumDetectableEffect: number | null;
  /** Standard deviation of the differences, by which the next comparison can be planned; null below two pairs. */
  deviation: number | null;
}

// All 2^12 sign patterns are fewer than the random ones drawn beyond.
const EXACT_PAIRS = 12;
const PERMUTATIONS = 10_000;
// 97.5% and 80% quantiles of the normal distribution.
const REACH = 1.959963984540054 + 0.8416212335729143;
/** For right-or-wrong scores of two versions that disagree on a fifth of the examples. */
export const ASSUMED_DEVIATION = Math.sqrt(0.2);

/**
 * Version b against version a on the same examples, paired by example id; repetitions of an example count as their mean,
 * so that they make a pair quieter, never two of it. `comparePaired(before.results, after.results)`
 */
export function comparePaired(a: readonly Scored[], b: readonly Scored[], seed: number | string = 0): Comparison {
  const before = new Map(byExample(a).map((cluster) => [cluster.exampleId, cluster]));
  const candidates = byExample(b);
  const differences: number[] = [];
  const weights: number[] = [];
  for (const after of candidates) {
    const match = before.get(after.exampleId);
    if (match === undefined) continue;
    differences.push(after.score - match.score);
    weights.push(after.weight);
  }
  const pairs = differences.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weighted = differences.map((difference, index) => difference * (weights[index] ?? 1));
  const spread = pairs < 2 ? null : deviation(differences);
  const some = pairs > 0 && total > 0;
  return {
    pairs,
    unpaired: before.size + candidates.length - 2 * pairs,
    difference: some ? weighted.reduce((sum, value) => sum + value, 0) / total : null,
    interval: some ? bootstrap(differences, weights, seed) : null,
    pValue: some ? signFlip(weighted, seed) : null,
    wins: differences.filter((difference) => difference > 0).length,
    losses: differences.filter((difference) => difference < 0).length,
    ties: differences.filter((difference) => difference === 0).length,
    minimumDetectableEffect: spread === null ? null : minimumDetectableEffect(pairs, spread),
    deviation: spread,
  };
}

/**
 * The smallest true mean difference that `examples` pairs show with 80% power at the 5% level. Before an evaluation the
 * deviation of the differences is a guess: for right-or-wrong scores it is the root of the share of examples on which
 * the versions disagree (0.2 by default).
 */
export function minimumDetectableEffect(examples: number, deviationOfDifferences = ASSUMED_DEVIATION): number {
  return (REACH * deviationOfDifferences) / Math.sqrt(examples);
}

/** How many pairs show a true mean difference of `effect` with 80% power at the 5% level: the same law, solved for them. */
export function pairsFor(effect: number, deviationOfDifferences = ASSUMED_DEVIATION): number {
  // 1e-9: an effect that comes from `minimumDetectableEffect` wants as many pairs as it was made of, not one more.
  return Math.max(1, Math.ceil(((REACH * deviationOfDifferences) / effect) ** 2 - 1e-9));
}

function signFlip(differences: readonly number[], seed: number | string): number {
  const moved = differences.filter((difference) => difference !== 0);
  const observed = Math.abs(moved.reduce((sum, value) => sum + value, 0)) - 1e-9;
  if (moved.length === 0) return 1;
  if (moved.length <= EXACT_PAIRS) {
    let extreme = 0;
    for (let pattern = 0; pattern < 2 ** moved.length; pattern++) {
      const sum = moved.reduce((total, value, bit) => total + ((pattern >> bit) & 1 ? value : -value), 0);
      if (Math.abs(sum) >= observed) extreme++;
    }
    return extreme / 2 ** moved.length;
  }
  const random = seededRandom(`sign-flip/${seed}`);
  const rounds = Math.max(200, Math.min(PERMUTATIONS, Math.floor(5_000_000 / moved.length)));
  let extreme = 0;
  for (let round = 0; round < rounds; round++) {
    let sum = 0;
    for (const value of moved) sum += random.next() < 0.5 ? value : -value;
    if (Math.abs(sum) >= observed) extreme++;
  }
  // The observed order is one of the permutations too, so the value is never 0.
  return (extreme + 1) / (rounds + 1);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
