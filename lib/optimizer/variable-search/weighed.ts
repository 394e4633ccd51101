import { seededRandom } from '#lib/base/random';
import { rangesOf } from '../pareto/front.ts';
import type { Observation } from './observation.ts';

/**
 * One value for many: the worst shortfall under weights drawn anew for every trial, so that the trials spread over the
 * front. After Knowles 2006 (ParEGO).
 */
export function weighed(seen: readonly Observation[], label: string): Observation[] {
  const ranges = rangesOf(seen.flatMap(({ values }) => (values === null ? [] : [values])));
  const random = seededRandom(label);
  const draws = ranges.map(() => -Math.log(1 - random.next()));
  const total = draws.reduce((sum, draw) => sum + draw, 0);
  return seen.map((one) => {
    if (one.values === null) return one;
    const missed = one.values.map((value, k) => {
      const { low = 0, high = 0 } = ranges[k] ?? {};
      return high > low ? (((high - value) / (high - low)) * (draws[k] as number)) / total : 0;
    });
    return { ...one, values: [-Math.max(...missed) - 0.05 * missed.reduce((sum, part) => sum + part, 0)] };
  });
}
