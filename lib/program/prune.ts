import type { Plan, PlanStep, ProgramPlan } from './plan.ts';
import { nodesRead } from './reads.ts';

/**
 * Ids of the steps that the given outputs need, inner ones included; all outputs when none are named. An effect nobody
 * reads is not needed: who evaluates wants answers, not letters sent. `also` names steps that are needed anyway.
 */
export function neededNodes(
  plan: ProgramPlan,
  outputs?: readonly string[],
  also: (step: PlanStep) => boolean = () => false,
): Set<string> {
  const needed = new Set<string>();
  const index = new Map<string, { step: PlanStep; within: PlanStep[] }>();
  indexSteps(plan, [], index);
  const waiting = plan.outputs
    .filter(({ name }) => outputs === undefined || outputs.includes(name))
    .flatMap(({ expression }) => nodesRead(expression));
  for (const [id, { step }] of index) if (also(step)) waiting.push(id);

  // A container may be there for one inner node only; its own value needs the results of all its blocks.
  const valued = new Set<string>();
  const run = (step: PlanStep): void => {
    if (needed.has(step.id)) return;
    needed.add(step.id);
    waiting.push(...ownNeeds(step));
  };
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const found = index.get(id);
    if (found === undefined || valued.has(id)) continue;
    valued.add(id);
    for (const step of [found.step, ...found.within]) run(step);
    waiting.push(...resultsOf(found.step));
  }
  return needed;
}

/** By id, every step and the steps around it; the parts of a transaction lead to the whole. */
function indexSteps(plan: Plan, within: PlanStep[], index: Map<string, { step: PlanStep; within: PlanStep[] }>): void {
  for (const step of plan.stages.flat()) {
    index.set(step.id, { step, within });
    if (step.kind === 'transaction') for (const id of step.shows) index.set(id, { step, within });
    for (const inner of plansIn(step)) indexSteps(inner, [...within, step], index);
  }
}

/** What a step reads without its inner blocks, which are needed one by one. */
function ownNeeds(step: PlanStep): string[] {
  if (step.kind === 'transaction') return step.needs;
  const texts = step.inputs.map(({ expression }) => expression);
  if (step.when !== undefined) texts.push(step.when);
  if (step.kind === 'choice') texts.push(...step.arms.map(({ when }) => when));
  if (step.kind === 'map') texts.push(step.items);
  if (step.kind === 'transform') texts.push(step.expression);
  if (step.kind === 'approval' && step.message !== undefined) texts.push(step.message);
  const others = [...step.fallback, ...(step.compensate === undefined ? [] : [step.compensate])];
  return [...texts.flatMap(nodesRead), ...others.flatMap(({ needs }) => needs)];
}

/** The inner nodes that make a container's own value. */
function resultsOf(step: PlanStep): string[] {
  return plansIn(step).map(({ result }) => result);
}

/** The plans inside a step, in the order of writing. */
export function plansIn(step: PlanStep): Plan[] {
  if (step.kind === 'map') return [step.plan];
  if (step.kind === 'parallel') return step.branches;
  if (step.kind !== 'choice') return [];
  const arms = step.arms.map(({ plan }) => plan);
  return step.otherwise === undefined ? arms : [...arms, step.otherwise];
}

/** Every step of a plan, those inside others behind what they stand in; fallbacks and undoing apart. */
export function stepsIn(plan: Plan): PlanStep[] {
  return plan.stages.flat().flatMap((step) => [step, ...plansIn(step).flatMap(stepsIn)]);
}
