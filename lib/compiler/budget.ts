import type { Plan, PlanStep } from '#lib/program/plan';
import { plansIn } from '#lib/program/prune';
import { ASL_LIMITS } from './asl.ts';

/** Entered, scheduled, started, succeeded, exited, and as many again for a retry now and then. */
const EVENTS_OF_A_TASK = 8;
const MOST_ITEMS = 1000;
/** A map in a map: the outer one counts the inner one with so many items. */
const MOST_ITEMS_INSIDE = 40;

/**
 * How many items of each map the machine runs itself, so that all maps together stay below the events an execution may
 * have; a longer list is run by the step that joins it. By the map's id.
 */
export function itemBudgets(plan: Plan): Map<string, number> {
  const budgets = new Map<string, number>();
  const maps: { id: string; perItem: number }[] = [];
  const weigh = (block: Plan, insideMap: boolean): number =>
    block.stages
      .flat()
      .reduce((sum, step) => sum + [step, ...step.fallback].reduce((all, one) => all + weightOf(one, insideMap), 0), 0);
  const weightOf = (step: PlanStep, insideMap: boolean): number => {
    if (step.kind !== 'map')
      return EVENTS_OF_A_TASK + plansIn(step).reduce((sum, inner) => sum + weigh(inner, insideMap), 0);
    const perItem = weigh(step.plan, true) + 3;
    if (!insideMap) maps.push({ id: step.id, perItem });
    else budgets.set(step.id, MOST_ITEMS_INSIDE);
    return 2 * EVENTS_OF_A_TASK + (insideMap ? MOST_ITEMS_INSIDE * perItem : 0);
  };
  const rest = Math.max(0, ASL_LIMITS.historyEvents * 0.8 - weigh(plan, false));
  for (const { id, perItem } of maps) {
    const fitting = Math.floor(rest / maps.length / perItem);
    budgets.set(id, Math.min(MOST_ITEMS, fitting));
  }
  return budgets;
}
