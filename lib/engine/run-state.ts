import type { Clock } from '#lib/base/clock';
import type { Failure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { ConfiguredProgram } from '#lib/program/configured';
import type { Plan, PlanStep } from '#lib/program/plan';
import type { EngineDeps, RunOptions, Timers } from './engine.ts';
import type { JournalWriter } from './journal-writer.ts';
import type { StepRecord } from './step.ts';
import type { TakenOver } from './take-over.ts';

/** What one drive of a run shares, programs inside it included. */
export interface Drive {
  deps: EngineDeps;
  clock: Clock;
  timers: Timers;
  random: () => number;
  runId: string;
  signal: AbortSignal | undefined;
  writer: JournalWriter | undefined;
  records: StepRecord[];
  degraded: boolean;
  // The engine is recursive by nature; these are its ends, so that the files need not import each other in circles.
  block(plan: Plan, scope: Scope, prefix: string, run: ProgramRun): Promise<Ended>;
  step(step: PlanStep, scope: Scope, path: string, run: ProgramRun): Promise<Ended>;
  program(reference: string, alias: string | undefined, inputs: JsonObject, place: Place): Promise<Performed>;
}

/** Where one attempt is made. */
export interface Place {
  run: ProgramRun;
  scope: Scope;
  path: string;
  attempt: number;
  signal: AbortSignal | undefined;
}

/** One program being run: the whole, or one that a `program` node calls. */
export interface ProgramRun {
  drive: Drive;
  configured: ConfiguredProgram;
  taken: TakenOver;
  redrive: boolean;
  /** Undefined runs everything. */
  needed: ReadonlySet<string> | undefined;
  /** Completed steps that can be undone, in the order they ended. */
  undo: Undo[];
  /** How many programs are around this one. */
  depth: number;
  /** A step's attempts are asked for one at a time, by whoever waits between them. */
  attemptsApart?: true;
  lost?: RunOptions['lost'];
  /** Of all its paths; ends with a slash unless empty. */
  prefix: string;
}

export interface Undo {
  /** Of the step that would be undone. */
  path: string;
  step: PlanStep;
  scope: Scope;
}

/** What expressions read. */
export type Scope = JsonObject & { input: JsonObject; nodes: JsonObject };

/** How a step, or a block of them, ended for the ones after it. */
export interface Ended {
  latencyMs: number;
  /** It failed for good, and nothing took its place. */
  failed?: Failed;
  /** Its attempts come one at a time, and there is to be another one. */
  again?: Failure;
}
export interface Failed {
  failure: Failure;
  path: string;
  cancelled: boolean;
}

/** What performing one attempt gave. */
export interface Performed {
  output: Json;
  failure?: Failure;
  /** Of an inner step, when that is where it failed. */
  failedAt?: Failed;
  calls?: StepRecord['calls'];
  parts?: NonNullable<StepRecord['parts']>;
  implementation?: NonNullable<StepRecord['implementation']>;
  routing?: NonNullable<StepRecord['routing']>;
  reason?: string;
  /** Undefined: the wall time. */
  latencyMs?: number;
}
