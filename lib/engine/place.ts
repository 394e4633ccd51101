import type { Plan, PlanStep } from '#lib/program/plan';
import { plansIn } from '#lib/program/prune';

/** Comes after everything inside the step it stands in for. */
const FALLBACK = Number.MAX_SAFE_INTEGER;

/**
 * Where a path stands in plan order: stage and step, then branch, arm or item, then stage and step inside, and so on.
 * What the plan does not know (a step of an inner program) stands at the last step it does.
 */
export function placeOf(plan: Plan, path: string): number[] {
  const [id = '', ...rest] = path.split('/');
  for (const [s, stage] of plan.stages.entries())
    for (const [i, step] of stage.entries()) if (step.id === id) return [s, i, ...insideOf(step, rest)];
  return [];
}

function insideOf(step: PlanStep, [branch, ...rest]: string[]): number[] {
  if (branch === undefined) return [];
  if (branch === 'fallback') {
    const i = step.fallback.findIndex(({ id }) => id === rest[0]);
    const other = step.fallback[i];
    return other === undefined ? [FALLBACK] : [FALLBACK, i, ...insideOf(other, rest.slice(1))];
  }
  if (step.kind === 'transaction') return [step.actions.findIndex(({ id }) => id === branch)];
  const inner = innerPlan(step, branch);
  return inner === undefined ? [] : [inner.at, ...placeOf(inner.plan, rest.join('/'))];
}

/** The plan behind one part of a container's path: a branch, an arm, `otherwise`, or any item. */
export function innerPlan(step: PlanStep, branch: string): { plan: Plan; at: number } | undefined {
  const plans = plansIn(step);
  const at = branch === 'otherwise' && step.kind === 'choice' ? step.arms.length : Number(branch);
  const plan = step.kind === 'map' ? step.plan : plans[at];
  return plan === undefined ? undefined : { plan, at };
}

/** The path of a node by its id; of one inside a map, the path of the map, whose items are many. */
export function pathOf(plan: Plan, id: string): string | undefined {
  for (const step of plan.stages.flat()) {
    if (step.id === id || (step.kind === 'transaction' && step.shows.includes(id))) return step.id;
    for (const [at, inner] of plansIn(step).entries()) {
      const path = pathOf(inner, id);
      if (path === undefined) continue;
      const branch = step.kind === 'choice' && at === step.arms.length ? 'otherwise' : at;
      return step.kind === 'map' ? step.id : `${step.id}/${branch}/${path}`;
    }
  }
  return undefined;
}

/** Negative when `a` comes before `b` in plan order. */
export function comparePlaces(plan: Plan, a: string, b: string): number {
  const [one, other] = [placeOf(plan, a), placeOf(plan, b)];
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const difference = (one[i] ?? -1) - (other[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
