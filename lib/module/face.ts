import type { Field } from '#lib/signature/signature';
import { MODULES } from './modules.ts';
import type { ModuleSpec } from './spec.ts';

/** What a module's caller gives. */
export function moduleInputs(spec: ModuleSpec): Field[] {
  return (MODULES[spec.type].face?.(spec) ?? spec.signature).inputs;
}

/** What a module's caller gets: its signature's outputs, and what the module's type gives besides (`reasoning`). */
export function moduleOutputs(spec: ModuleSpec): Field[] {
  return (MODULES[spec.type].face?.(spec) ?? spec.signature).outputs;
}

/** DSPy's names of its predictors, in DSPy's order; the last one gives the answer. */
export function predictorNames(spec: ModuleSpec): string[] {
  return Object.keys(MODULES[spec.type].predictors(spec));
}
