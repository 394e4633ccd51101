import type { Demo } from '#lib/adapter/adapter';
import type { Failure } from '#lib/base/failure';
import type { LmParameters, LmUsage } from '#lib/lm/spec';
import type { Signature, Values } from '#lib/signature/signature';

export const MODULE_TYPES = ['predict', 'chain_of_thought'] as const;
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
}

/** One model call as a step records it; `key` joins it to the cache and to the ledger. */
export interface CallRecord {
  key: string;
  model: string;
  source: 'provider' | 'memory' | 'store' | 'flight';
  usage: LmUsage;
  costNanoUsd: number | null;
  spentNanoUsd: number | null;
  priceVersion: string | null;
  durationMs: number;
  attempts: number;
  sample: number;
}

export interface ModuleOutcome {
  /** The signature's outputs, `reasoning` of a chain of thought included. Absent when it failed. */
  outputs?: Values;
  failure?: Failure;
  /** Made by the failed attempts too: what was spent is never hidden by an error. */
  calls: CallRecord[];
  implementation: 'native' | 'python';
}
