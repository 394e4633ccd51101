import type { FailureName } from '#lib/base/failure';
import type { Json } from '#lib/base/json';

/**
 * What a state machine and the one function behind all its tasks say to each other: ids, references, counts and the
 * branch a step chose. Values stay in the execution's journal; the function reads them there.
 */
export interface StepRequest {
  op: StepOp;
  /** Whose execution, and which drive of it. The machine hands on what it was started with. */
  run: StepRun;
  /** The node this is about; absent for `begin`, `finish` and `failed`. */
  node?: string;
  /** Which item of each map around the node, outermost first. */
  items?: number[];
  /** Of `choose` on a map: more items than this are not run by the machine but by the step that joins them. */
  most?: number;
  /** Of `ask`: what wakes the machine. A secret. */
  token?: string;
  /** Of `undo` and `failed`: the name of the error that ended the program. */
  error?: string;
}

export type StepOp =
  /** Takes the execution: its lease, its state, what is taken over from earlier drives. */
  | 'begin'
  /** One attempt of one node; of a choice, map or parallel: its end, made from what happened inside. */
  | 'run'
  /** Which branch of a choice, which items of a map, whether a parallel runs at all. Decides, and records nothing. */
  | 'choose'
  /** An approval: shows the question and keeps the token. */
  | 'ask'
  /** Undoes what one node (or everything below one map) has done, if it has. */
  | 'undo'
  /** Computes the output and closes the execution. */
  | 'finish'
  /** Closes an execution whose program failed. */
  | 'failed';

export interface StepRun {
  workspaceId: string;
  executionId: string;
  /** On whose behalf. */
  principal: string;
  /** The machine's execution name: unlike `executionId`, new for each redrive. It is the execution's lease. */
  drive: string;
}

/** What starts a machine. */
export type MachineInput = Omit<StepRun, 'drive'>;

export interface StepAnswer {
  /** Of `choose`: the arm by number, `ELSE_BRANCH(arms)` for otherwise, or JOIN when there is nothing to run inside. */
  branch?: number;
  /** Of `choose` on a map: the items' numbers. */
  items?: number[];
  /** Where in the journal the step's record stands. */
  ref?: { path: string; attempt: number };
  status?: 'succeeded' | 'skipped' | 'nothing' | 'waiting' | 'begun' | 'completed' | 'failed' | 'cancelled';
  /** The node's output for people who look at the console: at most PREVIEW_BYTES of JSON; absent where it is private. */
  preview?: Json;
  /** Of `failed`: the name of the failure the record was closed with. */
  error?: string;
}

/** The answer of `choose` that leads past everything inside. */
export const JOIN = -1;
export const PREVIEW_BYTES = 8192;

/**
 * The name of what the function throws: the failure's own name, which Retry and Catch match. A failure that must not be
 * tried again although its state's Retry lists its name (an HTTP effect's 400, say) is thrown as `<name>.Final`.
 * `Unavailable` says that nothing was done: the store or another part of the house did not answer.
 */
export type StepErrorName = FailureName | `${FailureName}.Final` | typeof UNAVAILABLE;
export const UNAVAILABLE = 'Unavailable';

/** Never the failure's own message: that may quote what a user wrote, and an execution's history is read by others. */
export class StepError extends Error {
  constructor(name: StepErrorName, path: string) {
    super(`${path || 'program'}: ${name}; the execution's trace says more`);
    this.name = name;
  }
}
