import type { JsonObject } from '#lib/base/json';
import type { AdoptedProgram } from '#lib/module/adopted-program';
import type { CallRecord, ModuleOutcome, ModuleSpec } from '#lib/module/spec';
import type { Values } from '#lib/signature/signature';

export type MetricSpec =
  | { kind: 'exact_match'; output: string; label?: string; normalize?: boolean }
  | { kind: 'f1'; output: string; label?: string }
  | { kind: 'contains'; output: string; label?: string }
  | { kind: 'numeric'; output: string; label?: string; tolerance?: number; relative?: boolean }
  | { kind: 'regex'; output: string; pattern: string; ignoreCase?: boolean }
  | { kind: 'json_schema'; output: string; schema: JsonObject }
  | JudgeSpec
  | SemanticF1Spec
  | CompleteAndGroundedSpec
  | PythonSpec
  | { kind: 'composite'; parts: { metric: MetricSpec; weight: number; name?: string; atLeast?: number }[] };

/** A model says how good the outputs are, by criteria in words. */
export interface JudgeSpec {
  kind: 'judge';
  /** Program outputs it is shown. */
  outputs: string[];
  /** Example inputs and labels it is shown beside them; default none. */
  inputs?: string[];
  labels?: string[];
  criteria: string;
  /** A LanguageModel's name, or `provider/model`. */
  lm: string;
  /** The judge answers on a scale from 0 to this; default 1: yes or no. */
  scale?: number;
}

/** DSPy's SemanticF1: a model says how much of the truth the answer covers and the other way round. */
export interface SemanticF1Spec {
  kind: 'semantic_f1';
  output: string;
  label?: string;
  /** The example input that holds the question; default `question`. */
  question?: string;
  lm: string;
}

/** DSPy's CompleteAndGrounded: how much of the truth the answer covers, and how much of the answer the context supports. */
export interface CompleteAndGroundedSpec {
  kind: 'complete_and_grounded';
  output: string;
  label?: string;
  question?: string;
  /** The program output that holds what the answer rests on, such as retrieved passages; default `context`. */
  context?: string;
  lm: string;
}

/** A metric function of an adopted Python package: `metric(example, prediction, trace=None)`. */
export interface PythonSpec {
  kind: 'python';
  /** `package.module:function`. */
  entry: string;
  /** Program outputs the prediction has; labels and inputs are all there. */
  outputs: string[];
  /** The adopted files it is in, and their `requirements.lock`. Without them there is nothing to call. */
  package?: AdoptedProgram['package'];
  lock?: AdoptedProgram['package'];
  /** `package.module:Class`: outputs are given as this program's own types (an order, not a dict). */
  program?: string;
  /** A LanguageModel's name, or `provider/model`, for a function that asks one. */
  lm?: string;
}

export interface Score {
  /** In [0, 1]. */
  value: number;
  /** Of a composite, by part name. */
  parts?: Record<string, number>;
  reason?: string;
  /** Model calls a judge made: spent on measuring, not by what is measured. */
  calls?: CallRecord[];
}

/**
 * Throws only for a missing label or output, or a judge that could not be asked: failures of the example, not scores
 * of 0. Only `regex`, judges and Python functions answer later.
 */
export type ScoreFunction = (labels: Values, outputs: Values, inputs?: Values) => Score | Promise<Score>;

/** What some metrics need of the house they run in. */
export interface MetricHands {
  /** Runs a judging module on the model of that name. */
  judge?(module: ModuleSpec, lm: string, inputs: Values): Promise<ModuleOutcome>;
  /** Calls a Python function with an example and a prediction. */
  python?(spec: PythonSpec, example: { inputs: Values; labels: Values }, outputs: Values): Promise<Score>;
}
