import type { Demo } from '#lib/adapter/adapter';
import type { Failure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { LmParameters } from '#lib/lm/spec';
import type { Signature, Values } from '#lib/signature/signature';
import type { AdoptedProgram } from './adopted-program.ts';
import type { CallRecord } from './call-record.ts';
import type { CorpusPin } from './corpus.ts';
import type { ToolDeclaration } from './tool/declaration.ts';

export type { CallRecord } from './call-record.ts';

/** What runs by itself, and what draws from one of those several times. */
export const PLAIN_TYPES = ['predict', 'chain_of_thought', 'react'] as const;
export const MODULE_TYPES = [
  ...PLAIN_TYPES,
  ...([
    'best_of_n',
    'refine',
    'majority',
    'parallel',
    'retrieve',
    'multi_chain_comparison',
    'react_v2',
    'adopted',
  ] as const),
] as const;
export type PlainType = (typeof PLAIN_TYPES)[number];
export type ModuleType = (typeof MODULE_TYPES)[number];

/** A module as a value: everything that decides what it sends to a model, and nothing that does not. */
export interface ModuleSpec {
  type: ModuleType;
  implementation: 'native' | 'python' | 'hybrid';
  signature: Signature;
  demos: Demo[];
  config: LmParameters;
  /** Name of a language model of the program; absent = the program's default. */
  lm?: string;
  adapter?: 'chat' | 'json' | 'xml';
  /** What `best_of_n`, `refine`, `majority` and `parallel` run; its settings are the ones above. Default `predict`. */
  of?: PlainType;
  options?: ModuleOptions;
  /** What `react` and `react_v2` may call: copies, so that editing a Tool never changes a version. */
  tools?: ToolDeclaration[];
  /** What `retrieve` searches. */
  corpus?: CorpusPin;
  /** How good an answer is, for `best_of_n` and `refine`. */
  reward?: Reward;
  /** What `adopted` hosts. */
  adopted?: AdoptedProgram;
  /** Settings of single predictors, by the names DSPy gives them (`react`, `extract.predict`). */
  predictors?: Record<string, PredictorSettings>;
}

/** What a predictor has of its own where a module has several; the module's settings hold for the rest. */
export interface PredictorSettings {
  instructions?: string;
  demos?: Demo[];
  config?: LmParameters;
  lm?: string;
  adapter?: 'chat' | 'json' | 'xml';
}

export interface ModuleOptions {
  /** react, react_v2: rounds of thought, tool and observation; default 20. */
  maxIters?: number;
  /** best_of_n, refine, majority: draws; multi_chain_comparison: attempts it is given; default 3. */
  n?: number;
  /** best_of_n, refine: a reward that is good enough; default 1. */
  threshold?: number;
  /** best_of_n, refine: draws that may fail; default `n`. parallel: items that may fail; default 0. */
  failCount?: number;
  /** majority: the output that is voted on; default the last. */
  field?: string;
  /** parallel: items at the same time; default 8. */
  concurrency?: number;
  /** retrieve: passages; default 3. */
  k?: number;
}

/** An expression over `inputs` and `outputs`, or a metric that reads the inputs as labels. Either gives a number. */
export type Reward = { expression: string } | { metric: { [key: string]: Json } };

export interface ModuleOutcome {
  /** The signature's outputs, `reasoning` of a chain of thought included. Absent when it failed. */
  outputs?: Values;
  failure?: Failure;
  /** Made by the failed attempts too: what was spent is never hidden by an error. */
  calls: CallRecord[];
  /** What a module of several parts did, in the order it was begun; absent where one call is all there is. */
  parts?: ModulePart[];
  /** Of the parts together, where there are some; else the calls' durations are all there is. */
  latencyMs?: number;
  implementation: Implementation;
  /** How that implementation came to serve it. */
  routing?: Routing;
}

/** What may serve a module. Both render the same messages and share cache, ledger and trace: choosing is a matter of speed. */
export type Implementation = 'native' | 'python';

/** Why a module was served as it was, kept with the execution. */
export interface Routing {
  implementation: Implementation;
  /** `asked`, `declared`: not the router's choice. */
  because: 'asked' | 'declared' | 'only_able' | 'default' | 'probe' | 'fewer_failures' | 'faster' | 'kept';
  /** The same for a reader, with the figures. */
  reason: string;
  /** Who failed before, by its own fault. */
  fellBackFrom?: { implementation: Implementation; failure: Failure };
}

/** One call of a predictor or a tool inside a module's run, as the trace shows it. Times are milliseconds since the epoch. */
export interface ModulePart {
  kind: 'predict' | 'tool' | 'retrieve';
  /** DSPy's name of the predictor (`react`, `extract.predict`), or the tool's. */
  name: string;
  /** Which draw it belongs to, where there are several. */
  draw?: number;
  inputs: Json;
  output: Json;
  failure?: Failure;
  /** `key` of each model call it made. */
  calls: string[];
  startedAt: number;
  endedAt: number;
}
