import type { Json } from '#lib/base/json';

/**
 * The part of the Amazon States Language that we print (states-language.net, query language JSONata). A string between
 * `{%` and `%}` is JSONata; every such source stands in `expressions.ts`.
 */
export interface StateMachine extends States {
  Comment: string;
  QueryLanguage: 'JSONata';
  TimeoutSeconds: number;
}

/** A scope of states: the machine itself, a branch, what a Map does with an item. */
export interface States {
  StartAt: string;
  States: Record<string, State>;
}

export type State = TaskState | ParallelState | MapState | ChoiceState | PassState | FailState;

export interface TaskState extends Catching {
  Type: 'Task';
  Resource: string;
  TimeoutSeconds: number;
  Arguments: { FunctionName: string; Payload: Record<string, Json> };
  Assign?: Record<string, Json>;
  Retry: Retrier[];
}
export interface ParallelState extends Catching {
  Type: 'Parallel';
  Branches: States[];
}
export interface MapState extends Catching {
  Type: 'Map';
  Items: string;
  ItemSelector: Record<string, Json>;
  MaxConcurrency: number;
  ItemProcessor: States & { ProcessorConfig: { Mode: 'INLINE' } };
}
export interface ChoiceState {
  Type: 'Choice';
  Choices: { Condition: string; Next: string }[];
  Default: string;
}
export interface PassState extends Going {
  Type: 'Pass';
  Output: Json;
}
export interface FailState {
  Type: 'Fail';
  Error: string;
  Cause: string;
}

/** Where a state goes when it succeeds. */
interface Going {
  Next?: string;
  End?: true;
}
interface Catching extends Going {
  Output: Json;
  Catch?: Catcher[];
}
export interface Catcher {
  ErrorEquals: string[];
  Output?: Json;
  Assign?: Record<string, Json>;
  Next: string;
}
export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds: number;
  MaxAttempts: number;
  BackoffRate: number;
  MaxDelaySeconds?: number;
  JitterStrategy: 'FULL' | 'NONE';
}

/** What Step Functions takes. */
export const ASL_LIMITS = {
  definitionBytes: 1_048_576,
  nameLength: 80,
  /** Events of one Standard execution; the machine fails at the next one. */
  historyEvents: 25_000,
  inlineMapConcurrency: 40,
  stateBytes: 262_144,
  executionSeconds: 31_536_000,
  /** Of an Express execution. */
  expressSeconds: 300,
} as const;
