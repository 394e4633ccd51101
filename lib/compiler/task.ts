import type { Json } from '#lib/base/json';
import type { PlanStep } from '#lib/program/plan';
import type { Retrier, TaskState } from './asl.ts';
import type { StepOp } from './contract.ts';
import { jsonata } from './expressions.ts';
import { CUT_OFF_RETRIER, NOT_RUN_RETRIER, ownRetrier } from './retry.ts';
import { catching, type Exits, going, itemsHere, type Scope } from './scope.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';

/** Seconds. The step function stops an attempt itself when its time is up; the state's limit is for one that hangs. */
export const TIMEOUTS = {
  default: 300,
  /** What the function can do in one call, with what it needs around it. */
  longest: 840,
  slack: 10,
  short: 60,
  /** An approval that says nothing of it. */
  approval: 30 * 86_400,
} as const;

/** How long a state may wait for one attempt of a node. */
export function timeoutOf(step: PlanStep): number {
  if (step.timeoutSeconds === undefined) return step.kind === 'program' ? TIMEOUTS.longest : TIMEOUTS.default;
  return Math.ceil(step.timeoutSeconds) + TIMEOUTS.slack;
}

interface TaskOptions {
  node?: PlanStep | undefined;
  /** Default: the node's id. */
  nodeId?: string;
  timeout: number;
  exits: Exits;
  payload?: Record<string, Json>;
  output?: Record<string, Json>;
  retry?: Retrier[];
}

/** A call of the step function. */
export function task(scope: Scope, op: StepOp, options: TaskOptions): TaskState {
  const { node, nodeId = node?.id, timeout, exits, payload, output, retry = [] } = options;
  const { depth, make } = scope;
  const items = Object.values(itemsHere(depth));
  return {
    Type: 'Task',
    Resource: op === 'ask' ? `${INVOKE}.waitForTaskToken` : INVOKE,
    TimeoutSeconds: timeout,
    Arguments: {
      FunctionName: make.stepFunction,
      Payload: {
        op,
        ...(nodeId === undefined ? {} : { node: nodeId }),
        ...(items.length === 0 ? {} : { items }),
        ...payload,
        run: jsonata('run'),
      },
    },
    Retry: [...retry, NOT_RUN_RETRIER, ...(op === 'ask' ? [] : [CUT_OFF_RETRIER])],
    ...catching(exits, depth),
    ...going(exits.ok, depth, output),
  };
}

/** One node's own state: an attempt a call, retried by its policy. The console sees what it answered. */
export function nodeTask(scope: Scope, step: PlanStep, exits: Exits): TaskState {
  return task(scope, 'run', {
    node: step,
    timeout: timeoutOf(step),
    exits,
    output: { last: jsonata('payload') },
    retry: ownRetrier(step.retry),
  });
}
