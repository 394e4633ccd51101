import type { ProgramPlan } from '#lib/program/plan';
import { ASL_LIMITS, type StateMachine } from './asl.ts';
import { itemBudgets } from './budget.ts';
import { entryOfPlan } from './entry.ts';
import { jsonata } from './expressions.ts';
import { lowerBlock } from './lower-block.ts';
import { BEGIN, CLOSE, FAILED, FINISH, PROGRAM } from './names.ts';
import { inner, type Make, type Scope } from './scope.ts';
import { TIMEOUTS, task } from './task.ts';
import { lowerUndoing } from './undo.ts';

export interface LowerOptions {
  /** The Lambda function behind every task, with its alias or version: an ARN, or a name in the machine's account. */
  stepFunction: string;
}

/**
 * A plan as a state machine. The plan's states stand in one branch under a catcher of everything, so whatever goes wrong
 * leads through the undoing to a closed execution. Nothing of the program but its nodes' ids is in the definition: equal
 * structures give equal definitions.
 */
export function lower(plan: ProgramPlan, { stepFunction }: LowerOptions): StateMachine {
  const budgets = itemBudgets(plan);
  const make: Make = { stepFunction, mostItems: (id) => budgets.get(id) ?? 0 };
  const scope: Scope = { states: {}, depth: 0, make };
  const { states } = scope;
  const failing = { Catch: [{ ErrorEquals: ['States.ALL'], Assign: { error: jsonata('error') }, Output: {} }] };
  const failed = lowerUndoing(plan, scope, CLOSE);
  const undoings = Object.entries(states);
  for (const name of Object.keys(states)) delete states[name];

  states[BEGIN] = {
    ...task(scope, 'begin', { timeout: TIMEOUTS.default, exits: { ok: { next: PROGRAM }, failed: { next: CLOSE } } }),
    Assign: { run: RUN },
    Catch: failing.Catch.map((one) => ({ ...one, Assign: { ...one.Assign, run: RUN }, Next: CLOSE })),
  };
  // The variable is not there yet.
  states[BEGIN].Arguments.Payload = { op: 'begin', run: RUN };
  states[PROGRAM] = {
    Type: 'Parallel',
    Branches: [
      inner(scope, 0, entryOfPlan(plan), (body) =>
        lowerBlock(plan, body, { ok: { end: jsonata('fine') }, failed: 'raise' }),
      ),
    ],
    Catch: failing.Catch.map((one) => ({ ...one, Next: failed })),
    Output: {},
    Next: FINISH,
  };
  states[FINISH] = {
    ...task(scope, 'finish', {
      timeout: TIMEOUTS.default,
      exits: { ok: { end: jsonata('payload') }, failed: 'raise' },
    }),
    Catch: failing.Catch.map((one) => ({ ...one, Next: failed })),
  };
  for (const [name, state] of undoings) states[name] = state;
  states[CLOSE] = task(scope, 'failed', {
    timeout: TIMEOUTS.default,
    exits: { ok: { next: FAILED }, failed: 'raise' },
    payload: { error: jsonata('caught') },
    output: { error: jsonata('answeredError') },
  });
  states[FAILED] = {
    Type: 'Fail',
    Error: jsonata('closedError'),
    Cause: "The program failed; the execution's record says how.",
  };
  return {
    Comment: 'A dspex program. Every node is a state of its own name.',
    QueryLanguage: 'JSONata',
    StartAt: BEGIN,
    TimeoutSeconds: ASL_LIMITS.executionSeconds,
    States: states,
  };
}

/** What every call is told, as the machine was told it. */
const RUN = {
  workspaceId: jsonata('workspaceId'),
  executionId: jsonata('executionId'),
  principal: jsonata('principal'),
  drive: jsonata('drive'),
};
