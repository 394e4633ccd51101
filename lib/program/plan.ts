import type { Json } from '#lib/base/json';
import type { AdapterName, HttpEffect, LambdaEffect, Retry } from './node.ts';

/**
 * A graph in the order in which it runs, as plain JSON: the engine interprets it, the compiler prints it. Steps of one
 * stage do not depend on each other and run at the same time; a stage ends before its failures are judged.
 */
export interface Plan {
  stages: PlanStep[][];
  /** The node whose value is the block's value: the last one as written. */
  result: string;
}

/** The whole program: its block, and what leaves it. */
export interface ProgramPlan extends Plan {
  outputs: PlannedExpression[];
}

/** `list` says that the receiver wants a list, so one bare value is wrapped and nothing is `[]`. */
export interface PlannedExpression {
  name: string;
  expression: string;
  list: boolean;
}

export type PlanStep =
  | (StepBase & { kind: 'module'; module: string; lm?: string; adapter?: AdapterName })
  | (StepBase & { kind: 'choice'; arms: { when: string; plan: Plan }[]; otherwise?: Plan })
  | (StepBase & { kind: 'map'; items: string; plan: Plan; concurrency: number })
  | (StepBase & { kind: 'parallel'; branches: Plan[] })
  | (StepBase & { kind: 'transform'; expression: string })
  | (StepBase & { kind: 'effect'; http?: HttpEffect; lambda?: LambdaEffect })
  | (StepBase & { kind: 'approval'; message?: string })
  | (StepBase & { kind: 'program'; program: string; alias?: string })
  | ActionStep
  /** Neighbouring actions that commit together; its id is the first one's. */
  | (StepBase & { kind: 'transaction'; actions: ActionStep[] });
export type ActionStep = StepBase & { kind: 'action'; resource: string; action: string };
export type StepKind = PlanStep['kind'];

export interface StepBase {
  id: string;
  title?: string;
  /** Nodes whose values this step and everything inside it read, sorted; inner nodes left out. */
  needs: string[];
  inputs: PlannedExpression[];
  when?: string;
  retry: Required<Omit<Retry, 'on'>> & Pick<Retry, 'on'>;
  timeoutSeconds?: number;
  optional: boolean;
  /** Changes something outside, or asks a person: never left out, never run twice knowingly. */
  effectful: boolean;
  fallback: PlanStep[];
  compensate?: PlanStep;
  /** Inner nodes that can be read from outside; `null` while they have not run. */
  shows: string[];
}

/** The values nodes have given so far, by id. */
export type NodeValues = Record<string, Json>;
