import type { Plan, PlanStep } from '#lib/program/plan';
import { ASL_LIMITS } from './asl.ts';
import { entryOf, entryOfPlan } from './entry.ts';
import { branchIs, jsonata } from './expressions.ts';
import { around, nodeName, partFailed } from './names.ts';
import { catching, type Exits, endsFailed, going, inner, itemsHere, type Scope, tidy } from './scope.ts';
import { nodeTask, TIMEOUTS, task } from './task.ts';

type LowerBlock = (plan: Plan, scope: Scope, exits: Exits) => void;
type Of<K extends PlanStep['kind']> = Extract<PlanStep, { kind: K }>;

/** A step and what stands in for it, in turn; an optional one that failed for good is left out. */
export function lowerStep(step: PlanStep, scope: Scope, exits: Exits, block: LowerBlock): void {
  const chain = [step, ...step.fallback];
  for (const [i, one] of chain.entries()) {
    const after = chain[i + 1];
    const failed = after === undefined ? givenUp(step, scope, exits) : { next: entryOf(after) };
    lowerOne(one, scope, { ok: exits.ok, failed }, block);
  }
}

function givenUp(step: PlanStep, scope: Scope, exits: Exits): Exits['failed'] {
  if (!step.optional) return exits.failed;
  if ('next' in exits.ok) return exits.ok;
  const name = around(step, 'leftOut');
  scope.states[name] = { Type: 'Pass', Output: exits.ok.end, End: true };
  return { next: name };
}

function lowerOne(step: PlanStep, scope: Scope, exits: Exits, block: LowerBlock): void {
  if (step.kind === 'choice') choice(step, scope, exits, block);
  else if (step.kind === 'map') map(step, scope, exits, block);
  else if (step.kind === 'parallel') parallel(step, scope, exits, block);
  else if (step.kind === 'approval') approval(step, scope, exits);
  else scope.states[nodeName(step)] = nodeTask(scope, step, exits);
}

/** Writes the state that makes a container's end, and says how to get there. */
function join(step: PlanStep, scope: Scope, exits: Exits, most?: number): { next: string } {
  const name = around(step, 'join');
  scope.states[name] = task(scope, 'run', {
    node: step,
    timeout: TIMEOUTS.longest,
    exits,
    output: { last: jsonata('payload') },
    ...(most === undefined ? {} : { payload: { most } }),
  });
  return { next: name };
}

/** Steps of the taken arm stand in the same scope; whatever happens to them, the way leads to the join. */
function choice(step: Of<'choice'>, scope: Scope, exits: Exits, block: LowerBlock): void {
  const joined = join(step, scope, exits);
  const plans = [...step.arms.map(({ plan }) => plan), ...(step.otherwise === undefined ? [] : [step.otherwise])];
  scope.states[around(step, 'choose')] = task(scope, 'choose', {
    node: step,
    timeout: TIMEOUTS.short,
    exits: { ok: { next: nodeName(step) }, failed: joined },
    output: { branch: jsonata('branch') },
  });
  scope.states[nodeName(step)] = {
    Type: 'Choice',
    Choices: plans.map((plan, i) => ({ Condition: branchIs(i), Next: entryOfPlan(plan) })),
    Default: joined.next,
  };
  for (const plan of plans) block(plan, scope, { ok: joined, failed: joined });
}

function parallel(step: Of<'parallel'>, scope: Scope, exits: Exits, block: LowerBlock): void {
  const joined = join(step, scope, exits);
  const { depth } = scope;
  const name = nodeName(step);
  if (step.when !== undefined) {
    const decided = around(step, 'choose');
    scope.states[around(step, 'runs')] = task(scope, 'choose', {
      node: step,
      timeout: TIMEOUTS.short,
      exits: { ok: { next: decided }, failed: joined },
      output: { branch: jsonata('branch') },
    });
    scope.states[decided] = {
      Type: 'Choice',
      Choices: [{ Condition: branchIs(0), Next: name }],
      Default: joined.next,
    };
  }
  scope.states[name] = {
    Type: 'Parallel',
    Branches: step.branches.map((plan, i) =>
      inner(scope, depth, entryOfPlan(plan), (branch) => {
        block(plan, branch, { ok: { end: jsonata('fine') }, failed: endsFailed(branch, partFailed(step, i)) });
        tidy(branch, partFailed(step, i));
      }),
    ),
    ...catching({ ok: joined, failed: joined }, depth),
    ...going(joined, depth),
  };
}

function map(step: Of<'map'>, scope: Scope, exits: Exits, block: LowerBlock): void {
  const most = scope.make.mostItems(step.id);
  const joined = join(step, scope, exits, most);
  const { depth } = scope;
  scope.states[around(step, 'choose')] = task(scope, 'choose', {
    node: step,
    timeout: TIMEOUTS.short,
    exits: { ok: { next: nodeName(step) }, failed: joined },
    payload: { most },
    output: { items: jsonata('items') },
  });
  const processor = inner(scope, depth + 1, entryOfPlan(step.plan), (item) => {
    block(step.plan, item, { ok: { end: jsonata('fine') }, failed: endsFailed(item, partFailed(step, 0)) });
    tidy(item, partFailed(step, 0));
  });
  scope.states[nodeName(step)] = {
    Type: 'Map',
    Items: jsonata('inputItems'),
    ItemSelector: { ...itemsHere(depth), [`i${depth + 1}`]: jsonata('itemNumber') },
    MaxConcurrency: Math.min(step.concurrency, ASL_LIMITS.inlineMapConcurrency),
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...processor },
    ...catching({ ok: joined, failed: joined }, depth),
    ...going(joined, depth),
  };
}

/** Asked in one state, which waits; what was decided is taken in by another one, whoever woke the machine and why. */
function approval(step: Of<'approval'>, scope: Scope, exits: Exits): void {
  const decided = { next: around(step, 'decided') };
  scope.states[nodeName(step)] = task(scope, 'ask', {
    node: step,
    timeout: step.timeoutSeconds === undefined ? TIMEOUTS.approval : Math.ceil(step.timeoutSeconds),
    exits: { ok: decided, failed: decided },
    payload: { token: jsonata('token') },
  });
  scope.states[decided.next] = { ...nodeTask(scope, step, exits), TimeoutSeconds: TIMEOUTS.short };
}
