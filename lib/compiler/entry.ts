import type { Plan, PlanStep } from '#lib/program/plan';
import { around, nodeName, stageName } from './names.ts';

/** The first of the states a step becomes. */
export function entryOf(step: PlanStep): string {
  if (step.kind === 'choice' || step.kind === 'map') return around(step, 'choose');
  if (step.kind === 'parallel' && step.when !== undefined) return around(step, 'runs');
  return nodeName(step);
}

export function entryOfStage(stage: readonly PlanStep[]): string {
  const [only, ...rest] = stage;
  if (only === undefined) throw new RangeError('a stage has at least one step');
  return rest.length === 0 ? entryOf(only) : stageName(stage);
}

export function entryOfPlan(plan: Plan): string {
  return entryOfStage(plan.stages[0] ?? []);
}
