import { StepFailure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import { scoreFunction } from '#lib/metric/score';
import type { MetricSpec } from '#lib/metric/spec';
import type { Reward } from '#lib/module/spec';
import { evaluateExpression } from '#lib/program/expression';

/** The number a reward gives an answer. A truth counts as 1 or 0, as Python's does. Throws StepFailure. */
export async function rewardOf(reward: Reward, inputs: JsonObject, outputs: JsonObject): Promise<number> {
  if ('metric' in reward) {
    const { value } = await scoreFunction(reward.metric as unknown as MetricSpec)(inputs, outputs);
    return value;
  }
  const value = await evaluateExpression(reward.expression, { inputs, outputs });
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new StepFailure(
    'Expression.Failed',
    `the reward ${reward.expression} gave ${JSON.stringify(value) ?? 'nothing'}, not a number`,
  );
}
