import { seededRandom } from '#lib/base/random';

export interface Interval {
  low: number;
  high: number;
  /** Such as 0.95. */
  level: number;
  /** Wilson for plain right-or-wrong scores, where resampling ten out of ten would claim certainty. */
  method: 'wilson' | 'bootstrap';
}

const LEVEL = 0.95;
const Z = 1.959963984540054;
// Enough for two digits of an interval's ends; large samples need fewer, and time stays bounded.
const MAX_RESAMPLES = 2000;
const MAX_DRAWS = 1_000_000;

/** 95% interval of a weighted mean; null for no values. Seeded: the same values always have the same interval. */
export function intervalOfMean(
  values: readonly number[],
  weights: readonly number[] = values.map(() => 1),
  seed: number | string = 0,
): Interval | null {
  if (values.length === 0) return null;
  const even = weights.every((weight) => weight === weights[0]);
  if (even && values.every((value) => value === 0 || value === 1)) {
    return wilson(
      values.reduce<number>((sum, value) => sum + value, 0),
      values.length,
    );
  }
  return bootstrap(values, weights, seed);
}

/** Wilson's score interval of a proportion, `successes` of `count`. Source: Wilson 1927. */
export function wilson(successes: number, count: number): Interval {
  const share = successes / count;
  const scale = 1 + (Z * Z) / count;
  const middle = (share + (Z * Z) / (2 * count)) / scale;
  const reach = (Z / scale) * Math.sqrt((share * (1 - share)) / count + (Z * Z) / (4 * count * count));
  // At the ends the formula is exactly 0 and 1, its floating point is not.
  const low = successes === 0 ? 0 : middle - reach;
  const high = successes === count ? 1 : middle + reach;
  return { low, high, level: LEVEL, method: 'wilson' };
}

/** Percentile bootstrap of a weighted mean, resampling values together with their weights. Source: Efron 1979. */
export function bootstrap(values: readonly number[], weights: readonly number[], seed: number | string = 0): Interval {
  const count = values.length;
  const random = seededRandom(`bootstrap/${seed}`);
  const resamples = Math.max(100, Math.min(MAX_RESAMPLES, Math.floor(MAX_DRAWS / count)));
  const means = new Float64Array(resamples);
  for (let round = 0; round < resamples; round++) {
    let sum = 0;
    let total = 0;
    for (let draw = 0; draw < count; draw++) {
      const at = Math.floor(random.next() * count);
      const weight = weights[at] ?? 1;
      sum += weight * (values[at] ?? 0);
      total += weight;
    }
    means[round] = total > 0 ? sum / total : 0;
  }
  means.sort();
  return {
    low: quantile(means, (1 - LEVEL) / 2),
    high: quantile(means, (1 + LEVEL) / 2),
    level: LEVEL,
    method: 'bootstrap',
  };
}

/** Of ascending values, linear between neighbours (R's type 7); NaN for none. */
export function quantile(ascending: ArrayLike<number>, share: number): number {
  if (ascending.length === 0) return Number.NaN;
  const place = share * (ascending.length - 1);
  const below = Math.floor(place);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] ?? low;
  return low + (high - low) * (place - below);
}
