import type { Adapter } from '#lib/adapter/adapter';
import { adapters } from '#lib/adapter/adapters';
import { failureOf, StepFailure } from '#lib/base/failure';
import type { Gateway, LanguageModelSettings, LmAnswer, LmParameters } from '#lib/lm/spec';
import type { Signature, Values } from '#lib/signature/signature';
import { validateInputs } from '#lib/signature/validate';
import { askedSignature } from './modules.ts';
import type { CallRecord, ModuleOutcome, ModuleSpec } from './spec.ts';

/** Where a module runs: its models, its door to them, and how far it may go. */
export interface ModuleContext {
  workspaceId: string;
  gateway: Gateway;
  /** The settings behind a model's name; `undefined` asks for the program's default. Throws when there is none. */
  model: (name: string | undefined) => LanguageModelSettings;
  defaultAdapter?: Adapter['name'];
  /** Numbers repeated draws of the same prompt. */
  sample?: number;
  timeoutSeconds?: number;
  signal?: AbortSignal;
  /** Pieces of an output field as the model writes it. */
  onDelta?: (field: string, text: string) => void;
}

/**
 * Runs one module once: inputs are checked, rendered, sent, and the answer is parsed. Never throws: what went wrong is
 * `failure`, and the calls made until then are in `calls` either way.
 * An answer the adapter cannot read is asked for once more as JSON, as DSPy's ChatAdapter and XMLAdapter do, unless
 * pieces of it have been shown already.
 */
export async function runModule(module: ModuleSpec, inputs: Values, context: ModuleContext): Promise<ModuleOutcome> {
  const calls: CallRecord[] = [];
  try {
    const asked = askedSignature(module.type, module.signature);
    const { values, problems } = validateInputs(asked, inputs);
    if (problems.length > 0) {
      throw new StepFailure(
        'Input.Invalid',
        problems.map((problem) => `${problem.pointer}: ${problem.detail}`).join('; '),
      );
    }
    const model = context.model(module.lm);
    const adapter = adapters[module.adapter ?? context.defaultAdapter ?? 'chat'];
    const shown = { pieces: 0 };
    const watched = watching(context, shown);
    const outputs = await ask(adapter, asked, module, values, model, watched, calls).catch((error: unknown) => {
      const unread = failureOf(error).name === 'Output.Invalid';
      if (!unread || adapter.name === 'json' || shown.pieces > 0 || context.signal?.aborted) throw error;
      return ask(adapters.json, asked, module, values, model, context, calls);
    });
    return { outputs, calls, implementation: 'native' };
  } catch (error) {
    return { failure: failureOf(error), calls, implementation: 'native' };
  }
}

/** The context with its listener counted. */
function watching(context: ModuleContext, shown: { pieces: number }): ModuleContext {
  const { onDelta } = context;
  if (onDelta === undefined) return context;
  return {
    ...context,
    onDelta: (field, text) => {
      shown.pieces++;
      onDelta(field, text);
    },
  };
}

async function ask(
  adapter: Adapter,
  signature: Signature,
  module: ModuleSpec,
  inputs: Values,
  model: LanguageModelSettings,
  context: ModuleContext,
  calls: CallRecord[],
): Promise<Values> {
  const parameters: LmParameters = { ...model.defaults, ...module.config };
  const responseFormat = adapter.responseFormat?.(signature);
  const onDelta = fieldDeltas(adapter, signature, context);
  const answer = await context.gateway.complete({
    workspaceId: context.workspaceId,
    model,
    messages: adapter.format(signature, module.demos, inputs),
    parameters,
    sample: context.sample ?? 0,
    ...(responseFormat === undefined ? {} : { responseFormat }),
    ...(context.timeoutSeconds === undefined ? {} : { timeoutSeconds: context.timeoutSeconds }),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    ...(onDelta === undefined ? {} : { onDelta }),
  });
  calls.push(callRecord(model, answer, context.sample ?? 0));
  return adapter.parse(signature, answer.text);
}

function fieldDeltas(
  adapter: Adapter,
  signature: Signature,
  context: ModuleContext,
): ((text: string) => void) | undefined {
  const { onDelta } = context;
  const split = onDelta === undefined ? undefined : adapter.stream?.(signature);
  if (onDelta === undefined || split === undefined) return undefined;
  return (text) => {
    for (const piece of split(text)) onDelta(piece.field, piece.text);
  };
}

function callRecord(model: LanguageModelSettings, answer: LmAnswer, sample: number): CallRecord {
  const { key, source, usage, costNanoUsd, spentNanoUsd, priceVersion, durationMs, attempts } = answer;
  return {
    key,
    model: `${model.provider}/${model.model}`,
    source,
    usage,
    costNanoUsd,
    spentNanoUsd,
    priceVersion,
    durationMs,
    attempts,
    sample,
  };
}
