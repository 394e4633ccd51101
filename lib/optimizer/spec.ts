import type { Demo } from '#lib/adapter/adapter';
import type { Failure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { LmParameters, Message } from '#lib/lm/spec';
import type { Signature, Values } from '#lib/signature/signature';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';

/**
 * A strategy is a pure function of the history: no clock, no I/O, no hidden state. The same history gives the same work
 * on every machine, so a run can die anywhere and go on.
 */
export interface Strategy {
  readonly name: string;
  /** Up to `count` pieces of work that may run at the same time; empty while waiting for results; `done` when finished. */
  ask(history: History, count: number): Ask;
}

export type Ask = { work: Work[] } | { done: { winner: string | null; reason: string } };

export type Work =
  | {
      kind: 'trial';
      /** `t0`, `t1` ...: counted by the strategy, so that it can be derived from the history. */
      id: string;
      /** What is evaluated. Values of `text` and `demos` variables name a candidate: `{candidate: "d3"}`. */
      assignment: Assignment;
      /** Which examples, by id, all of one split. */
      split: 'train' | 'validation';
      exampleIds: string[];
      /** Keep inputs and outputs of every module call: what demos are made of. */
      keepTraces?: boolean;
      parent?: string;
      /** Shown to people: `baseline`, `bootstrap`, `startup`, `tpe`, ... */
      origin: string;
    }
  | { kind: 'generation'; id: string; messages: Message[]; parameters: LmParameters; purpose: string };

export interface History {
  space: Space;
  seed: number;
  config: JsonObject;
  /** What the program looks like to an optimizer. */
  program: ProgramSketch;
  examples: { train: ExampleSketch[]; validation: ExampleSketch[] };
  objectives: Objective[];
  /** In trial order, whatever order the workers finished in. */
  trials: Trial[];
  generations: Generation[];
}

export interface ProgramSketch {
  nodes: { id: string; signature: Signature; instructions: string; demos: Demo[] }[];
}
export interface ExampleSketch {
  id: string;
  inputs: Values;
  labels: Values;
}

export interface Objective {
  name: 'quality' | 'costNanoUsd' | 'latencyMs' | 'tokens';
  goal: 'maximize' | 'minimize';
  weight?: number;
}

export interface Trial {
  id: string;
  work: Extract<Work, { kind: 'trial' }>;
  state: 'running' | 'completed' | 'failed';
  outcomes: ExampleOutcome[];
  /** Means over `outcomes`; a failed example counts as quality 0 and is also counted in `failures`. */
  objectives: Partial<Record<Objective['name'], number>>;
  failures: number;
  failure?: Failure;
}

export interface ExampleOutcome {
  exampleId: string;
  score: number | null;
  failure?: Failure;
  costNanoUsd: number | null;
  latencyMs: number;
  tokens: number;
  /** With `keepTraces`: each module call of the run, in order. */
  traces?: { nodeId: string; inputs: Values; outputs: Values }[];
}

export interface Generation {
  id: string;
  purpose: string;
  text: string | null;
  failure?: Failure;
}
