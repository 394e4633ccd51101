import type { Demo } from '#lib/adapter/adapter';
import type { Failure } from '#lib/base/failure';
import type { JsonObject } from '#lib/base/json';
import type { LmParameters, Message } from '#lib/lm/spec';
import type { Signature, Values } from '#lib/signature/signature';
import type { Space } from '#lib/variable/space';
import type { Assignment, Binding } from '#lib/variable/variable';

/**
 * A strategy is a pure function of the history: no clock, no I/O, no hidden state. The same history gives the same work
 * on every machine, so a run can die anywhere and go on. Trial k is decided from the trials up to k minus
 * `history.parallelism`, in trial order, whatever else has finished already; rungs close whole.
 */
export interface Strategy {
  readonly name: string;
  /**
   * Up to `count` pieces of work that may run at the same time; none while waiting for results; `done` when finished.
   * A promise only because constraints are expressions, and those may be evaluated asynchronously.
   */
  ask(history: History, count: number): Promise<Ask>;
  /** The space with the candidates this history has produced: what `{candidate: id}` in an assignment refers to. */
  space(history: History): Space;
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
      /** The trial this one grew out of. */
      parent?: string;
      /**
       * `parent` has the same assignment and the outcomes it has are carried over: only `exampleIds` it does not have
       * are run (`examplesToRun` in drive.ts). This is how a rung grows without paying twice.
       */
      continues?: boolean;
      /** Another draw from the models (the LM cache's `sample`), at this temperature when one is given. */
      draw?: { sample: number; temperature?: number };
      /** Runs on the teacher's model instead of the program's own, when the run has a teacher. */
      teach?: boolean;
      /** Candidates this assignment is the first to name, by variable and id; the history holds what they are made of. */
      proposes?: Record<string, Record<string, Proposed>>;
      /** The trial of an earlier optimization that had these values: `opt_.../t3`. */
      from?: string;
      /** Shown to people: `baseline`, `bootstrap`, `startup`, `model`, ... */
      origin: string;
    }
  | {
      kind: 'generation';
      /** `g0`, `g1` ...: counted apart from the trials. */
      id: string;
      messages: Message[];
      parameters: LmParameters;
      /** Shown to people: `instruction for answer_style`. */
      purpose: string;
      /** Numbers repeated draws of one prompt, as everywhere. Default 0. */
      sample?: number;
      /** What the text is to be read as; one that cannot be is a failed generation. */
      answer?: Signature;
      /** Instead of a prompt: an optimizer of DSPy's run in Python as one job; the text is what it found, as JSON. */
      job?: PythonJob;
    };

/** One of DSPy's optimizers by its class name, on examples of the run. */
export interface PythonJob {
  optimizer: string;
  config: JsonObject;
  compile: JsonObject;
  train: string[];
  validation: string[];
  seed: number;
  /** A run is cut off after so long, and the next one replays the model calls of this one from the cache. */
  turnSeconds: number;
}

/** What such a job found, by the id of the node each predictor is. */
export type PythonFound = Record<string, { instructions: string; demos: Demo[] }>;

/** A candidate as a trial brings it in: a text as it is, demos by where they come from, so that it stays small. */
export type Proposed = { text: string } | { demos: DemoSource[] };
export type DemoSource =
  /** The call of the variable's nodes in this trial's run on this example; the trial keeps traces. */
  | { trial: string; exampleId: string }
  /** A train example as it is labelled. */
  | { labeled: string }
  /** The demo at this place of another candidate. */
  | { candidate: string; index: number };

export interface History {
  space: Space;
  seed: number;
  config: JsonObject;
  /** How many pieces of work run at the same time; part of what makes a run reproducible, so it never changes in one. */
  parallelism: number;
  /** What the program looks like to an optimizer. */
  program: ProgramSketch;
  examples: { train: ExampleSketch[]; validation: ExampleSketch[] };
  objectives: Objective[];
  /** What earlier optimizations of the program found out; `withEarlier` puts it here. */
  earlier?: Earlier;
  /** In trial order, whatever order the workers finished in. */
  trials: Trial[];
  generations: Generation[];
}

export interface Earlier {
  trials: EarlierTrial[];
  /** So many of the best are measured again before anything new is tried. */
  again: number;
}

/** A trial of an earlier optimization, measured on all of its validation examples. */
export interface EarlierTrial {
  /** `opt_.../t3`. */
  id: string;
  /** With the names that candidates have in this history's space. */
  assignment: Assignment;
  objectives: Trial['objectives'];
}

export interface ProgramSketch {
  nodes: { id: string; signature: Signature; instructions: string; demos: Demo[] }[];
  /** Which variables mean which places; without them a `demos` variable means every node. */
  bindings?: Binding[];
}
export interface ExampleSketch {
  id: string;
  inputs: Values;
  labels: Values;
  /** Default 1. */
  weight?: number;
}

export interface Objective {
  name: 'quality' | 'costNanoUsd' | 'latencyMs' | 'tokens';
  goal: 'maximize' | 'minimize';
  /** Default 1. Quality counts in points, the others relative to the baseline's. */
  weight?: number;
  /** Limits: a trial outside them is never the winner while one inside exists. */
  atLeast?: number;
  atMost?: number;
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
  /** Why the metric gave this score, in its own words, where it says so. */
  feedback?: string;
  /** With `keepTraces`: what the program answered. */
  outputs?: Values;
  /** With `keepTraces`: each module call of the run, in order. */
  traces?: { nodeId: string; inputs: Values; outputs: Values }[];
}

export interface Generation {
  id: string;
  purpose: string;
  /** The question as it was asked. */
  work: Extract<Work, { kind: 'generation' }>;
  text: string | null;
  failure?: Failure;
}
