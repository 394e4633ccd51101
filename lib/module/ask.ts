import type { Adapter, Demo } from '#lib/adapter/adapter';
import { adapters } from '#lib/adapter/adapters';
import { failureOf } from '#lib/base/failure';
import type { LanguageModelSettings, LmAnswer, LmParameters } from '#lib/lm/spec';
import type { Signature, Values } from '#lib/signature/signature';
import type { ModuleContext } from './context.ts';
import type { CallRecord } from './spec.ts';

/** One predictor's call: all that decides the prompt, and where it goes. */
export interface Ask {
  adapter: Adapter;
  signature: Signature;
  demos: readonly Demo[];
  inputs: Values;
  model: LanguageModelSettings;
  parameters: LmParameters;
  sample: number;
}

type AskContext = Pick<ModuleContext, 'workspaceId' | 'gateway' | 'purse' | 'timeoutSeconds' | 'signal' | 'onDelta'>;

/**
 * Renders, sends and parses. An answer the adapter cannot read is asked for once more as JSON, as DSPy's ChatAdapter and
 * XMLAdapter do, unless pieces of it have been shown already. Every call made is added to `calls`. Throws StepFailure.
 */
export async function ask(call: Ask, context: AskContext, calls: CallRecord[]): Promise<Values> {
  const shown = { pieces: 0 };
  try {
    return await askOnce(call, watching(context, shown), calls);
  } catch (error) {
    const unread = failureOf(error).name === 'Output.Invalid';
    if (!unread || call.adapter.name === 'json' || shown.pieces > 0 || context.signal?.aborted) throw error;
    return askOnce({ ...call, adapter: adapters.json }, context, calls);
  }
}

/** The context with its listener counted. */
function watching(context: AskContext, shown: { pieces: number }): AskContext {
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

async function askOnce(call: Ask, context: AskContext, calls: CallRecord[]): Promise<Values> {
  const { adapter, signature, demos, inputs, model, parameters, sample } = call;
  const responseFormat = adapter.responseFormat?.(signature);
  const onDelta = fieldDeltas(adapter, signature, context);
  const answer = await context.gateway.complete({
    workspaceId: context.workspaceId,
    model,
    messages: adapter.format(signature, demos, inputs),
    parameters,
    sample,
    ...(responseFormat === undefined ? {} : { responseFormat }),
    ...(context.timeoutSeconds === undefined ? {} : { timeoutSeconds: context.timeoutSeconds }),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    ...(context.purse === undefined ? {} : { purse: context.purse }),
    ...(onDelta === undefined ? {} : { onDelta }),
  });
  calls.push(callRecord(model, answer, sample));
  return adapter.parse(signature, answer.text);
}

function fieldDeltas(
  adapter: Adapter,
  signature: Signature,
  { onDelta }: AskContext,
): ((text: string) => void) | undefined {
  const split = onDelta === undefined ? undefined : adapter.stream?.(signature);
  if (onDelta === undefined || split === undefined) return undefined;
  return (text) => {
    for (const piece of split(text)) onDelta(piece.field, piece.text);
  };
}

/** An answer as a step records it. */
export function callRecord(model: LanguageModelSettings, answer: LmAnswer, sample: number): CallRecord {
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
