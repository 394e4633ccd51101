import { seededRandom } from '#lib/base/random';
import { bootstrap, type Interval } from './interval.ts';
import type { ExampleResult } from './report.ts';

type Scored = Pick<ExampleResult, 'exampleId' | 'score'> & { weight?: number };

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
}

// All 2^12 sign patterns are fewer than the random ones drawn beyond.
const EXACT_PAIRS = 12;
const PERMUTATIONS = 10_000;

/** Version b against version a on the same examples, paired by example id. `comparePaired(before.results, after.results)` */
export function comparePaired(a: readonly Scored[], b: readonly Scored[], seed: number | string = 0): Comparison {
  const before = new Map(a.map((result) => [result.exampleId, result]));
  const differences: number[] = [];
  const weights: number[] = [];
  for (const after of b) {
    const match = before.get(after.exampleId);
    if (match === undefined) continue;
    differences.push((after.score ?? 0) - (match.score ?? 0));
    weights.push(after.weight ?? match.weight ?? 1);
  }
  const pairs = differences.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const weighted = differences.map((difference, index) => difference * (weights[index] ?? 1));
  const some = pairs > 0 && total > 0;
  return {
    pairs,
    unpaired: a.length + b.length - 2 * pairs,
    difference: some ? weighted.reduce((sum, value) => sum + value, 0) / total : null,
    interval: some ? bootstrap(differences, weights, seed) : null,
    pValue: some ? signFlip(weighted, seed) : null,
    wins: differences.filter((difference) => difference > 0).length,
    losses: differences.filter((difference) => difference < 0).length,
    ties: differences.filter((difference) => difference === 0).length,
    minimumDetectableEffect: pairs < 2 ? null : minimumDetectableEffect(pairs, deviation(differences)),
  };
}

/**
 * The smallest true mean difference that `examples` pairs show with 80% power at the 5% level. Before an evaluation the
 * deviation of the differences is a guess: for right-or-wrong scores it is the root of the share of examples on which
 * the versions disagree (0.2 by default).
 */
export function minimumDetectableEffect(examples: number, deviationOfDifferences = Math.sqrt(0.2)): number {
  const reach = 1.959963984540054 + 0.8416212335729143;
  return (reach * deviationOfDifferences) / Math.sqrt(examples);
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
