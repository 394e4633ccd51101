import { StepFailure } from '#lib/base/failure';
import type { Plan, PlanStep } from '#lib/program/plan';

/** Where a node of a plan stands; a state machine names nodes by their ids alone. */
export interface StepPlace {
  step: PlanStep;
  /** With `*` for the number of an item: `each/*\/summarize`. */
  pattern: string;
  role: 'step' | 'fallback' | 'compensate';
  /** What must have failed before this one stands in: the step itself, then earlier stand-ins. Empty for others. */
  before: { step: PlanStep; pattern: string }[];
}

const known = new WeakMap<Plan, Map<string, StepPlace>>();

/** Throws StepFailure `Internal` when the plan has no such node: the machine was made from another plan. */
export function placeOfNode(plan: Plan, id: string): StepPlace {
  let places = known.get(plan);
  if (places === undefined) {
    places = new Map();
    indexPlan(plan, '', places);
    known.set(plan, places);
  }
  const place = places.get(id);
  if (place === undefined)
    throw new StepFailure('Internal', `The state machine names the node ${id}, which this version does not have`);
  return place;
}

/** The path of a node at hand, given the number of the item of each map around it. */
export function pathAt(pattern: string, items: readonly number[]): string {
  const numbers = [...items];
  const path = pattern.replace(/\*/g, () => String(numbers.shift() ?? '*'));
  if (path.includes('*') || numbers.length > 0)
    throw new StepFailure('Internal', `The node at ${pattern} was named with ${items.length} item numbers`);
  return path;
}

function indexPlan(plan: Plan, prefix: string, places: Map<string, StepPlace>): void {
  for (const step of plan.stages.flat()) {
    const pattern = prefix + step.id;
    places.set(step.id, { step, pattern, role: 'step', before: [] });
    indexInside(step, pattern, places);
    const before = [{ step, pattern }];
    for (const other of step.fallback) {
      const at = `${pattern}/fallback/${other.id}`;
      places.set(other.id, { step: other, pattern: at, role: 'fallback', before: [...before] });
      indexInside(other, at, places);
      before.push({ step: other, pattern: at });
    }
  }
}

function indexInside(step: PlanStep, pattern: string, places: Map<string, StepPlace>): void {
  if (step.kind === 'map') indexPlan(step.plan, `${pattern}/*/`, places);
  if (step.kind === 'parallel')
    for (const [i, plan] of step.branches.entries()) indexPlan(plan, `${pattern}/${i}/`, places);
  if (step.kind === 'choice') {
    for (const [i, { plan }] of step.arms.entries()) indexPlan(plan, `${pattern}/${i}/`, places);
    if (step.otherwise !== undefined) indexPlan(step.otherwise, `${pattern}/otherwise/`, places);
  }
  for (const one of step.kind === 'transaction' ? step.actions : [step]) {
    if (one.compensate === undefined) continue;
    const at = step.kind === 'transaction' ? `${pattern}/${one.id}` : pattern;
    const undoing = `${at}/compensate/${one.compensate.id}`;
    places.set(one.compensate.id, { step: one.compensate, pattern: undoing, role: 'compensate', before: [] });
  }
}
