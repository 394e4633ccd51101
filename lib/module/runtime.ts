import { failureOf } from '#lib/base/failure';
import type { Values } from '#lib/signature/signature';
import { validInputs } from './check-inputs.ts';
import type { ModuleContext } from './context.ts';
import { latencyOf } from './latency.ts';
import { MODULES } from './modules.ts';
import { openRun } from './run.ts';
import type { CallRecord, ModuleOutcome, ModulePart, ModuleSpec } from './spec.ts';

export type { ModuleContext } from './context.ts';

/**
 * Runs one module once: inputs are checked, then the module's `forward` does what DSPy's does. Never throws: what went
 * wrong is `failure`, and the calls made until then are in `calls` either way.
 */
export async function runModule(module: ModuleSpec, inputs: Values, context: ModuleContext): Promise<ModuleOutcome> {
  const calls: CallRecord[] = [];
  const parts: ModulePart[] = [];
  const told = (outcome: Pick<ModuleOutcome, 'outputs' | 'failure'>): ModuleOutcome => ({
    ...outcome,
    calls,
    ...(parts.length === 0 ? {} : { parts, latencyMs: latencyOf(parts, calls, MODULES[module.type].atOnce?.(module)) }),
    implementation: 'native',
  });
  try {
    const kind = MODULES[module.type];
    const values = validInputs(kind.face?.(module) ?? module.signature, inputs);
    return told({ outputs: await kind.forward(openRun(module, values, context, { calls, parts })) });
  } catch (error) {
    return told({ failure: failureOf(error) });
  }
}
