import { failureOf } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { Python } from '#lib/ports/python';
import type { Values } from '#lib/signature/signature';
import type { AdoptedProgram } from './adopted-program.ts';
import { validInputs } from './check-inputs.ts';
import { MODULES } from './modules.ts';
import { adoptedCall } from './python-adopted.ts';
import { pythonAsks } from './python-asks.ts';
import { gatewayDoor } from './python-lm.ts';
import { type PythonModels, pythonModels } from './python-models.ts';
import { pythonParts } from './python-parts.ts';
import { NO_PYTHON, pythonStanding } from './python-standing.ts';
import type { Runtime } from './router/router.ts';
import type { ModuleContext } from './runtime.ts';
import type { CallRecord, ModuleOutcome, ModuleSpec, ModuleType } from './spec.ts';

/** A module's time where nobody set one: its model calls have limits of their own. */
const TIMEOUT_MS = 600_000;

const DRAWING: ReadonlySet<ModuleType> = new Set(['best_of_n', 'refine', 'majority']);
/** One predictor's call is all they are: it needs no part of its own. */
const SINGLE: ReadonlySet<ModuleType> = new Set(['predict', 'chain_of_thought', 'multi_chain_comparison']);

/** Modules served by DSPy in Python: the same specs, inputs, models and records as native ones. */
export function pythonRuntime(python: Python | undefined): Runtime {
  return {
    standing: (module) => pythonStanding(python, module),
    run: (module, inputs, context) => runPythonModule(python, module, inputs, context),
  };
}

const isAdopted = (module: ModuleSpec): module is ModuleSpec & { adopted: AdoptedProgram } =>
  module.adopted !== undefined;

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
  const record = pythonParts(context.clock);
  const told = (outcome: Pick<ModuleOutcome, 'outputs' | 'failure'>): ModuleOutcome => {
    const { calls, parts } = record.ended();
    return { ...outcome, calls, ...(parts.length === 0 ? {} : { parts }), implementation: 'python' };
  };
  try {
    const values = validInputs(MODULES[module.type].face?.(module) ?? module.signature, inputs);
    if (python === undefined)
      return told({ failure: { name: 'Python.Unavailable', message: NO_PYTHON, retryable: false } });
    const models = pythonModels(context.models);
    const { asks, ...asked } = isAdopted(module)
      ? adoptedCall(module, values, context, models)
      : { operation: 'run_module', payload: modulePayload(module, values, context, models), asks: {} };
    const timeoutMs = context.timeoutSeconds === undefined ? TIMEOUT_MS : context.timeoutSeconds * 1000;
    const { outputs } = await python.call({
      ...asked,
      timeoutMs,
      // An evaluation asks for more than there are workers: what only Python can do waits for one as long as it may take.
      ...(context.replaceable === true ? {} : { waitMs: timeoutMs }),
      lm: gatewayDoor(context, models.named, record.call),
      mandate: {
        workspaceId: context.workspaceId,
        models: () => models.all() as unknown as Record<string, JsonObject>,
      },
      onCall: (call, part) => record.call(call as unknown as CallRecord, part),
      asks: { ...pythonAsks(module, values, context, record), ...asks },
      onProgress: record.progress,
      // A tool acts on the world, and code of the user may; everything else is model calls, which the gateway remembers.
      repeatable: (module.tools ?? []).length === 0 && !isAdopted(module),
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
    return told({ outputs: isJsonObject(outputs ?? null) ? (outputs as JsonObject) : {} });
  } catch (error) {
    return told({ failure: failureOf(error) });
  }
}

/** What `run_module` of the host reads. */
export function modulePayload(
  module: ModuleSpec,
  inputs: Values,
  context: Pick<ModuleContext, 'sample' | 'defaultAdapter' | 'model'>,
  models: Pick<PythonModels, 'name'>,
): JsonObject {
  const { type, of, signature, demos, config, options, tools, predictors } = module;
  // Draws are numbered as native ones are, so that both ask for the same samples.
  const sample = (context.sample ?? 0) * (DRAWING.has(type) ? (options?.n ?? 3) : 1);
  const lm = (name: string | undefined): JsonObject => {
    const settings = context.model(name);
    return { model: models.name(settings), parameters: json(settings.defaults ?? {}), sample };
  };
  const own = Object.entries(predictors ?? {}).map(([name, settings]) => [
    name,
    json(settings.lm === undefined ? settings : { ...settings, lm: lm(settings.lm) }),
  ]);
  return {
    module: {
      ...json({ type, signature, demos, config, adapter: module.adapter ?? context.defaultAdapter ?? 'chat' }),
      ...(of === undefined ? {} : { of }),
      ...(options === undefined ? {} : { options: json(options) }),
      // What a tool is called with and where stays on this side.
      ...(tools === undefined
        ? {}
        : { tools: tools.map(({ name, description, parameters }) => ({ name, description, parameters })) }),
      predictors: Object.fromEntries(own),
    },
    lm: lm(module.lm),
    inputs,
    parts: !SINGLE.has(type),
  };
}

/** Interfaces without `undefined` members are JSON, which the compiler cannot see. */
const json = (value: object): JsonObject => value as unknown as { [key: string]: Json };
