import type { Plan, PlanStep } from '#lib/program/plan';
import { entryOf, entryOfStage } from './entry.ts';
import { jsonata } from './expressions.ts';
import { lowerStep } from './lower-step.ts';
import { around, STAGE_FAILED, stageEnded, stageName } from './names.ts';
import { catching, type Exits, endsFailed, going, inner, type Scope, tidy } from './scope.ts';

/** The stages of a block one after the other, each begun by its entry state. */
export function lowerBlock(plan: Plan, scope: Scope, exits: Exits): void {
  for (const [i, stage] of plan.stages.entries()) {
    const after = plan.stages[i + 1];
    const ok = after === undefined ? exits.ok : { next: entryOfStage(after) };
    lowerStage(stage, scope, { ok, failed: exits.failed });
  }
}

/**
 * Steps of a stage run side by side, each in a branch that never fails, so that none is cut off when another one fails:
 * the stage ends before its failures are judged.
 */
function lowerStage(stage: readonly PlanStep[], scope: Scope, exits: Exits): void {
  const [only, ...rest] = stage;
  if (only !== undefined && rest.length === 0) {
    lowerStep(only, scope, exits, lowerBlock);
    return;
  }
  const { depth } = scope;
  const branches = stage.map((step) =>
    inner(scope, depth, entryOf(step), (branch) => {
      const failed = endsFailed(branch, around(step, 'failed'));
      lowerStep(step, branch, { ok: { end: jsonata('fine') }, failed }, lowerBlock);
      tidy(branch, failed.next);
    }),
  );
  scope.states[stageName(stage)] = {
    Type: 'Parallel',
    Branches: branches,
    ...catching(exits, depth),
    ...going({ next: stageEnded(stage) }, depth, { failed: jsonata('someFailed') }),
  };
  scope.states[stageEnded(stage)] = {
    Type: 'Choice',
    Choices: [{ Condition: jsonata('failed'), Next: failedTarget(scope, exits) }],
    Default: okTarget(scope, stage, exits),
  };
}

/** The name of a state to go to; where there is none, because the scope ends here, one is made. */
function okTarget(scope: Scope, stage: readonly PlanStep[], { ok }: Exits): string {
  if ('next' in ok) return ok.next;
  const name = `${stageName(stage)}: done`;
  scope.states[name] = { Type: 'Pass', Output: ok.end, End: true };
  return name;
}

function failedTarget(scope: Scope, { failed }: Exits): string {
  if (failed !== 'raise') return failed.next;
  scope.states[STAGE_FAILED] = {
    Type: 'Fail',
    Error: 'Stage.Failed',
    Cause: 'A step of the stage before failed for good; its own state says how.',
  };
  return STAGE_FAILED;
}
