import * as z from 'zod';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import { flatSearch } from '../flat-search.ts';
import type { Strategy } from '../spec.ts';
import { firstFresh } from '../tried.ts';
import { gridPoints } from './points.ts';

export const GridConfig = z.strictObject({
  trials: z.int().min(0).max(100_000).default(30),
  /** Points on each number that has more values than this. */
  levels: z.int().min(1).max(100).default(5),
});

/** A control: the defaults, then the points of a grid in seeded order, each on the whole validation split. */
export function gridSearch(evaluate: EvaluateExpression): Strategy {
  return flatSearch('grid', GridConfig, evaluate, async ({ history, config, dimensions, admission, tried }) => {
    const points = gridPoints(dimensions, config.levels, history.seed);
    return firstFresh((attempt) => points[attempt] ?? null, points.length, tried, admission);
  });
}
