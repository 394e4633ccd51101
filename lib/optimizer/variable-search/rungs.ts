import { seededRandom } from '#lib/base/random';
import { balancedOrder } from '../demos/classes.ts';
import type { History, Trial } from '../spec.ts';
import type { Utility } from '../utility.ts';
import type { VariableSearchConfig } from './config.ts';

/**
 * The validation examples of each rung, the last one being all of them. Rungs are beginnings of one class-balanced order,
 * so whatever is compared on a rung is compared on the same examples.
 */
export function rungsOf(history: History, config: VariableSearchConfig): string[][] {
  if (config.racing === undefined) return [history.examples.validation.map(({ id }) => id)];
  const order = orderOf(history);
  const rungs: string[][] = [];
  const first = config.racing.firstRung ?? Math.max(8, Math.ceil(order.length / 8));
  for (let size = first; size < order.length; size = Math.ceil(size * config.racing.eta))
    rungs.push(order.slice(0, size));
  return [...rungs, order];
}

/** The validation examples in the order they are looked at: classes take turns. */
export function orderOf({ seed, examples }: History): string[] {
  return balancedOrder(examples.validation, seededRandom(`${seed}/rungs`)).map(({ id }) => id);
}

/**
 * Who goes on from a rung: the best one in `eta`, as far as they are not clearly worse there than the incumbent on the
 * same examples (by more than one standard error of the paired difference): what loses is not worth its next examples.
 */
export function promoted(
  contestants: readonly Trial[],
  incumbent: Trial | null,
  rung: readonly string[],
  eta: number,
  utility: Utility,
): Trial[] {
  const standing = contestants
    .filter((trial) => trial.state === 'completed' && utility.of(trial) > Number.NEGATIVE_INFINITY)
    .map((trial) => ({ trial, value: utility.over(trial, rung), inside: utility.feasible(trial) ? 1 : 0 }))
    .sort((a, b) => b.inside - a.inside || b.value - a.value);
  return standing
    .slice(0, Math.ceil(contestants.length / eta))
    .filter(({ trial }) => incumbent === null || !clearlyWorse(trial, incumbent, rung, utility))
    .map(({ trial }) => trial);
}

function clearlyWorse(trial: Trial, incumbent: Trial, rung: readonly string[], utility: Utility): boolean {
  if (!utility.feasible(incumbent) && utility.feasible(trial)) return false;
  const [ours, theirs] = [utility.perExample(trial), utility.perExample(incumbent)];
  const differences = rung.flatMap((id) => {
    const [a, b] = [ours.get(id), theirs.get(id)];
    return a === undefined || b === undefined ? [] : [a - b];
  });
  if (differences.length === 0) return false;
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const variance =
    differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, differences.length - 1);
  return mean < -Math.sqrt(variance / differences.length);
}
