import { failureOf } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { Python } from '#lib/ports/python';
import type { Values } from '#lib/signature/signature';
import { validInputs } from './check-inputs.ts';
import { MODULES } from './modules.ts';
import { gatewayDoor } from './python-lm.ts';
import { pythonModels } from './python-models.ts';
import type { Standing } from './router/route.ts';
import type { Runtime } from './router/router.ts';
import type { ModuleContext } from './runtime.ts';
import type { CallRecord, ModuleOutcome, ModuleSpec } from './spec.ts';

/** A module's time where nobody set one: its model calls have limits of their own. */
const TIMEOUT_MS = 600_000;

/** Modules served by DSPy in Python: the same specs, inputs, models and records as native ones. */
export function pythonRuntime(python: Python | undefined): Runtime {
  return {
    standing: () => standingOf(python),
    run: (module, inputs, context) => runPythonModule(python, module, inputs, context),
  };
}

function standingOf(python: Python | undefined): Standing {
  if (python === undefined) return { able: false, why: NONE };
  const { state, reason } = python.status();
  if (state === 'unavailable' || state === 'closed') return { able: false, why: reason ?? `Python is ${state}` };
  return { able: true };
}

const NONE = 'no Python runtime is set up here';

/**
 * Runs one module once in Python. Never throws: what went wrong is `failure`, and the model calls made until then are in
 * `calls` either way, in the order they ended.
 */
export async function runPythonModule(
  python: Python | undefined,
  module: ModuleSpec,
  inputs: Values,
  context: ModuleContext,
): Promise<ModuleOutcome> {
  const calls: CallRecord[] = [];
  try {
    const values = validInputs(MODULES[module.type].face?.(module) ?? module.signature, inputs);
    if (python === undefined) return failed({ name: 'Python.Unavailable', message: NONE, retryable: false }, calls);
    const models = pythonModels();
    const { outputs } = await python.call({
      operation: 'run_module',
      payload: modulePayload(module, values, context, models.name),
      timeoutMs: context.timeoutSeconds === undefined ? TIMEOUT_MS : context.timeoutSeconds * 1000,
      lm: gatewayDoor(context, models.named, calls),
      repeatable: true,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    return { outputs: isJsonObject(outputs ?? null) ? (outputs as JsonObject) : {}, calls, implementation: 'python' };
  } catch (error) {
    return failed(failureOf(error), calls);
  }
}

function failed(failure: NonNullable<ModuleOutcome['failure']>, calls: CallRecord[]): ModuleOutcome {
  return { failure, calls, implementation: 'python' };
}

/** What `run_module` of the host reads. */
export function modulePayload(
  module: ModuleSpec,
  inputs: Values,
  context: Pick<ModuleContext, 'sample' | 'defaultAdapter' | 'model'>,
  nameOf: (settings: LanguageModelSettings) => string,
): JsonObject {
  const { type, signature, demos, config } = module;
  const settings = context.model(module.lm);
  return {
    module: json({ type, signature, demos, config, adapter: module.adapter ?? context.defaultAdapter ?? 'chat' }),
    lm: { model: nameOf(settings), parameters: json(settings.defaults ?? {}), sample: context.sample ?? 0 },
    inputs,
  };
}

/** Interfaces without `undefined` members are JSON, which the compiler cannot see. */
const json = (value: object): JsonObject => value as unknown as { [key: string]: Json };
