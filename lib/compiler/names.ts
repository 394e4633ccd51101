import type { PlanStep } from '#lib/program/plan';
import { ASL_LIMITS } from './asl.ts';

/**
 * Names of states. A node's own state has the node's id. Ids know neither capitals, spaces nor commas, so the names of
 * the states around a node, which begin with its id, are never another node's.
 */
export function nodeName({ id }: PlanStep): string {
  // A transaction is called after all its actions; the first is known nowhere else.
  return id.length <= ASL_LIMITS.nameLength - 30 ? id : `${id.split('+')[0]} +${id.split('+').length - 1}`;
}

const ROLES = {
  /** Which branch, which items. */
  choose: 'chooses',
  /** Whether a parallel runs at all. */
  runs: 'runs?',
  /** Makes the end of a choice, map or parallel from what happened inside. */
  join: 'joined',
  /** An approval's decision is in. */
  decided: 'decided',
  failed: 'failed',
  leftOut: 'left out',
} as const;

export function around(step: PlanStep, role: keyof typeof ROLES): string {
  return `${nodeName(step)} ${ROLES[role]}`;
}

/** Undoes what was done in a map. */
export function undoName(step: PlanStep): string {
  return `${nodeName(step)} undone`;
}

export function partFailed(step: PlanStep, part: number): string {
  return `${nodeName(step)} ${part + 1} failed`;
}

/** Steps that run at the same time. */
export function stageName(steps: readonly PlanStep[]): string {
  const [first, ...rest] = steps.map(nodeName);
  const all = `${first}, ${rest.join(', ')}`;
  return all.length <= ASL_LIMITS.nameLength - 10 ? all : `${first}, and ${rest.length} more`;
}

/** Judges a stage once all its steps have ended. */
export function stageEnded(steps: readonly PlanStep[]): string {
  return `${stageName(steps)}: ended`;
}

export const BEGIN = 'Begin';
export const PROGRAM = 'Program';
export const FINISH = 'Finish';
export const CLOSE = 'Close';
export const FAILED = 'Failed';
export const STAGE_FAILED = 'Program failed';
