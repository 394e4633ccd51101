import type { QueueName } from '#lib/ports/queue';
import type { FunctionName } from './names.ts';

type Metric =
  | { queue: QueueName; deadLetters: boolean; metric: string; statistic: 'Maximum' | 'Sum' }
  | { function: FunctionName; metric: string; statistic: 'Maximum' | 'Sum' | 'p99' };

export interface AlarmShape {
  id: string;
  says: string;
  /** Several are added up. Each of them costs what an alarm costs. */
  metrics: readonly Metric[];
  above: number;
  minutes: number;
  /** Of that many minutes, how many must be above. */
  periods: number;
}

const dead = (queue: QueueName): Metric => ({
  queue,
  deadLetters: true,
  metric: 'ApproximateNumberOfMessagesVisible',
  statistic: 'Maximum',
});
const of = (fn: FunctionName, metric: string, statistic: 'Maximum' | 'Sum' | 'p99' = 'Sum'): Metric => ({
  function: fn,
  metric,
  statistic,
});

/** What wakes somebody. What to do then stands in docs/runbooks.md under the same id. */
export const ALARMS: readonly AlarmShape[] = [
  {
    ...{ id: 'dead-letters', says: 'Work was given up: a message failed as often as it may.' },
    ...{ metrics: [dead('execution'), dead('tick'), dead('slice'), dead('job')], above: 0, minutes: 1, periods: 1 },
  },
  {
    ...{ id: 'api-errors', says: 'The API fails.' },
    ...{ metrics: [of('api', 'Errors')], above: 5, minutes: 5, periods: 1 },
  },
  {
    ...{ id: 'api-slow', says: 'One request in a hundred takes longer than 10 s.' },
    ...{ metrics: [of('api', 'Duration', 'p99')], above: 10_000, minutes: 15, periods: 1 },
  },
  {
    ...{ id: 'throttled', says: 'Functions are refused for lack of concurrency.' },
    ...{ metrics: [of('api', 'Throttles'), of('step', 'Throttles')], above: 0, minutes: 5, periods: 1 },
  },
  {
    ...{ id: 'outbox-stuck', says: 'Committed changes do not reach queues and bus.' },
    ...{ metrics: [of('events', 'IteratorAge', 'Maximum')], above: 60_000, minutes: 5, periods: 2 },
  },
  {
    ...{ id: 'reconcile-failed', says: 'Lost work is not taken up.' },
    ...{ metrics: [of('reconcile', 'Errors')], above: 1, minutes: 15, periods: 1 },
  },
];
