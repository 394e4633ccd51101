import type { Failure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { CallRecord, Implementation, ModulePart, Routing } from '#lib/module/spec';
import type { StepKind } from '#lib/program/plan';

/** One attempt of one step, as the trace shows it and the journal keeps it. Times are milliseconds since the epoch. */
export interface StepRecord {
  /**
   * Where in the run: node ids, with the item, branch or arm between them, such as `each/3/summarize`,
   * `answer/fallback/answer_small`, `charge/compensate/refund`.
   */
  path: string;
  nodeId: string;
  kind: StepKind;
  /** From 1. */
  attempt: number;
  status: 'succeeded' | 'failed' | 'skipped' | 'cancelled';
  /** A failed attempt after which another one follows. */
  retried?: boolean;
  startedAt: number;
  endedAt: number;
  inputs: Json;
  output: Json;
  failure?: Failure;
  calls: CallRecord[];
  /** What a module of several predictors or tools did inside. */
  parts?: ModulePart[];
  implementation?: Implementation;
  /** Why that implementation served it, and what it stepped in for. */
  routing?: Routing;
  /** Why this arm or fallback. */
  reason?: string;
  /** Milliseconds of the original work: provider durations, also on a cache hit; else wall time. */
  latencyMs: number;
  /** `journal`: taken over from an earlier drive or run. */
  origin: 'run' | 'journal';
}
