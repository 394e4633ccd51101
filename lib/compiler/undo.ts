import type { Plan, PlanStep } from '#lib/program/plan';
import { plansIn } from '#lib/program/prune';
import { jsonata } from './expressions.ts';
import { nodeName, undoName } from './names.ts';
import { ownRetrier } from './retry.ts';
import type { Scope } from './scope.ts';
import { TIMEOUTS, task, timeoutOf } from './task.ts';

/** One thing a failed program undoes: a node's `compensate`, or all that was done in a map. */
type Undoing = { kind: 'node'; step: PlanStep } | { kind: 'map'; map: PlanStep };

/**
 * The chain that a failed program goes through, in reverse plan order. Whether there is anything to undo is known to the
 * journal alone, so every link asks; one that fails does not stop the others. Returns the first state's name.
 */
export function lowerUndoing(plan: Plan, scope: Scope, last: string): string {
  let next = last;
  // From the end of the chain to its beginning: that is plan order.
  for (const undoing of undoingsIn(plan)) {
    const one = undoing.kind === 'node' ? undoing.step : undoing.map;
    const name = undoing.kind === 'node' ? nodeName(one) : undoName(one);
    scope.states[name] = task(scope, 'undo', {
      node: one,
      timeout: undoing.kind === 'node' ? timeoutOf(one) : TIMEOUTS.longest,
      exits: { ok: { next }, failed: { next } },
      payload: { error: jsonata('caught') },
      retry: undoing.kind === 'node' ? ownRetrier(one.retry) : [],
    });
    next = name;
  }
  return next;
}

/** In plan order: a step's own, what is inside it, what stands in for it. */
export function* undoingsIn(plan: Plan): Generator<Undoing> {
  for (const step of plan.stages.flat()) yield* undoingsOf(step);
}

function* undoingsOf(step: PlanStep): Generator<Undoing> {
  for (const one of step.kind === 'transaction' ? step.actions : [step])
    if (one.compensate !== undefined) yield { kind: 'node', step: one.compensate };
  if (step.kind === 'map') {
    if ([...undoingsIn(step.plan)].length > 0) yield { kind: 'map', map: step };
  } else for (const inner of plansIn(step)) yield* undoingsIn(inner);
  for (const other of step.fallback) yield* undoingsOf(other);
}
