import type { Adapter } from '#lib/adapter/adapter';
import type { Json, JsonObject } from '#lib/base/json';
import type { Signature, Values } from '#lib/signature/signature';
import type { Passage } from './corpus.ts';
import type { ModuleSpec } from './spec.ts';

/** One module type: what DSPy's class of that name is. */
export interface ModuleKind {
  doc: string;
  /** What each predictor asks of a model, by DSPy's name for it, in DSPy's order; the last one gives the answer. */
  predictors(spec: ModuleSpec): Record<string, Signature>;
  /** Predictors that work for the module, not as it: its sampling settings are not theirs. */
  apart?: readonly string[];
  /** What a caller gives and gets; default: the signature's own fields. */
  face?(spec: ModuleSpec): Pick<Signature, 'inputs' | 'outputs'>;
  /** How many draws run side by side; default 1. */
  atOnce?(spec: ModuleSpec): number;
  forward(run: Run): Promise<Values>;
}

/** What a module sees while it runs. */
export interface Run {
  spec: ModuleSpec;
  /** Checked, defaults filled in. */
  inputs: Values;
  /** Numbers repeated draws of one prompt: part of the cache's key. */
  sample: number;
  /** Calls a predictor. Throws StepFailure. */
  predict(predictor: string, inputs: Values): Promise<Values>;
  /** The adapter a predictor uses. */
  adapter(predictor: string): Adapter;
  /** Calls a tool; its arguments are checked first. Throws StepFailure; whether that ends the run is the module's affair. */
  tool(name: string, args: JsonObject): Promise<Json>;
  search(query: string, k: number): Promise<Passage[]>;
  reward(outputs: Values): Promise<number>;
  /** This run once more, as number `index` of several, with a trace of its own. */
  draw(index: number, change: Change): Run;
  /** The predictor calls of this run (of this draw), in the order they ended. */
  trace: readonly Traced[];
  signal: AbortSignal | undefined;
}

export interface Change {
  /** Default: as the run itself. */
  sample?: number;
  /** From what the module (or predictor) says and what the model's settings say. */
  temperature?: (own: number | undefined, model: number | undefined) => number | undefined;
  /** What a predictor is given as its last input, `hint_`. */
  hint?: (predictor: string) => string;
  inputs?: Values;
}

export interface Traced {
  predictor: string;
  inputs: Values;
  outputs: Values;
}
