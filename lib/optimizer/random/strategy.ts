import * as z from 'zod';
import { seededRandom } from '#lib/base/random';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { sample } from '#lib/variable/sample';
import { flatSearch } from '../flat-search.ts';
import type { Strategy } from '../spec.ts';
import { firstFresh } from '../tried.ts';

export const RandomConfig = z.strictObject({
  /** Configurations tried, the baseline among them. */
  trials: z.int().min(0).max(100_000).default(30),
});

/** A control: the defaults, then uniform random assignments, each on the whole validation split. */
export function randomSearch(evaluate: EvaluateExpression): Strategy {
  return flatSearch('random', RandomConfig, evaluate, async ({ history, dimensions, admission, place, tried }) => {
    const random = seededRandom(`${history.seed}/random/${place}`);
    return firstFresh(() => sample(dimensions, random), 200, tried, admission);
  });
}
