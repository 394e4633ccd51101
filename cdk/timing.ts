import { QUEUE_NAMES, type QueueName } from '#lib/ports/queue';
import type { StageConfig } from './config.ts';
import type { FunctionName } from './names.ts';

/** Seconds each function may take. What SQS calls has its queue's visibility at six times this. */
export const TIMEOUT_SECONDS: Readonly<Record<FunctionName, number>> = {
  api: 29,
  'api-stream': 900,
  // The longest task a state machine gives it is 840 s (lib/compiler/task.ts).
  step: 900,
  lm: 900,
  slice: 360,
  job: 900,
  start: 20,
  compile: 60,
  events: 60,
  trigger: 60,
  reconcile: 120,
  setup: 60,
};

/** Which function works on which queue. */
export const WORKER: Readonly<Record<QueueName, FunctionName>> = {
  execution: 'start',
  tick: 'job',
  slice: 'slice',
  job: 'job',
};

export const visibilitySeconds = (queue: QueueName): number => 6 * TIMEOUT_SECONDS[WORKER[queue]];

/** Workers at the same time. Two is the least that SQS allows; turns of optimizations need no more. */
const AT_ONCE: Readonly<Record<Exclude<QueueName, 'slice'>, number>> = { execution: 10, tick: 2, job: 4 };

export function atOnce(queue: QueueName, { sliceConcurrency }: Pick<StageConfig, 'sliceConcurrency'>): number {
  return queue === 'slice' ? sliceConcurrency : AT_ONCE[queue];
}

/** Functions that work at the same time when every queue is busy. */
export function workersOf(config: Pick<StageConfig, 'sliceConcurrency'>): number {
  return QUEUE_NAMES.reduce((sum, queue) => sum + atOnce(queue, config), 0);
}
