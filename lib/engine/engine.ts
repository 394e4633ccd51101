import type { Clock } from '#lib/base/clock';
import type { Failure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { Random } from '#lib/base/random';
import type { LmUsage } from '#lib/lm/spec';
import type { ModuleOutcome, ModuleSpec } from '#lib/module/spec';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { HttpEffect, LambdaEffect } from '#lib/program/node';
import type { FrozenLm } from '#lib/program/program';
import type { Values } from '#lib/signature/signature';
import type { Journal } from './journal.ts';
import type { StepRecord } from './step.ts';

/** What a run needs of the world. Only what its nodes use must be there; the rest fails by name when a node asks for it. */
export interface EngineDeps {
  runModule(spec: ModuleSpec, inputs: Values, context: StepContext): Promise<ModuleOutcome>;
  /** Resolve with the step's value; throw StepFailure `Effect.Failed` otherwise. */
  effects?: {
    http?(request: HttpEffect, inputs: JsonObject, context: StepContext): Promise<Json>;
    lambda?(target: LambdaEffect, inputs: JsonObject, context: StepContext): Promise<Json>;
  };
  loadProgram?(program: string, alias: string | undefined): Promise<ConfiguredProgram>;
  /** Commits all calls in one transaction, or none; results in call order. */
  actions?: { commit(calls: readonly ActionCall[], context: StepContext): Promise<Json[]> };
  /** Resolves when somebody has decided. Asking again under the same key gives the same decision. */
  approvals?: { decide(request: ApprovalRequest, context: StepContext): Promise<Decision> };
  journal?: Journal;
  clock?: Clock;
  timers?: Timers;
  /** For the jitter of retries. */
  random?: Pick<Random, 'next'>;
  /** Told of each record as it is made; must not throw. */
  onStep?(record: StepRecord): void;
  /** Pieces of an output field as a model writes it. */
  onDelta?(delta: { path: string; nodeId: string; field: string; text: string }): void;
}

export interface StepContext {
  path: string;
  nodeId: string;
  /** From 1. A module must not answer attempt 2 from the cache of attempt 1: pass `attempt - 1` as `sample`. */
  attempt: number;
  /** Names this step of this run, whatever process drives it: what makes an effect repeatable. */
  idempotencyKey: string;
  signal: AbortSignal | undefined;
  timeoutSeconds: number | undefined;
  /** The frozen settings of the module's model, where the version has them. */
  lm: FrozenLm | undefined;
  /** The same of every model of the program, by name: a predictor may have its own. */
  lms: Readonly<Record<string, FrozenLm>>;
  onDelta: ((field: string, text: string) => void) | undefined;
}

export interface ActionCall {
  nodeId: string;
  resource: string;
  action: string;
  inputs: JsonObject;
}
export interface ApprovalRequest {
  message: string;
  inputs: JsonObject;
}
export interface Decision {
  approved: boolean;
  by?: string;
  note?: string;
}

/** Runs `run` once after `milliseconds`; the result cancels it. */
export type Timers = (milliseconds: number, run: () => void) => () => void;

export interface RunOptions {
  /** Stands in idempotency keys; the execution's id. */
  runId?: string;
  /**
   * `start` with an empty journal; `resume` takes over what the journal holds; `redrive` does the same but runs again
   * what failed; `replay` takes over the steps before one step of another run.
   */
  mode?: { kind: 'start' | 'resume' | 'redrive' } | { kind: 'replay'; from: string; records: readonly StepRecord[] };
  signal?: AbortSignal;
  /** Run only what these outputs need, and give only these. */
  outputs?: readonly string[];
  /**
   * What became of a step the journal knows nothing of, when others run the steps: `undefined` says that this drive is
   * to run it after all.
   */
  lost?: (path: string) => Failure | undefined;
  /** Longest time between a step's end and its being durable; default 250 ms. */
  flushAfterMs?: number;
}

export interface RunResult {
  status: 'completed' | 'failed' | 'cancelled';
  /** Absent unless completed. */
  output?: JsonObject;
  failure?: Failure;
  /** The path of the step that failed. */
  failedAt?: string;
  /** A fallback served. */
  degraded: boolean;
  /** In the order the steps ended, taken-over ones first. */
  steps: StepRecord[];
  usage: LmUsage & { calls: number };
  /** `null` when any call's price is unknown. */
  costNanoUsd: number | null;
  spentNanoUsd: number | null;
  /** Critical path of the plan, by the original durations of the providers. */
  latencyMs: number;
  cacheHits: number;
}
