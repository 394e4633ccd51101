import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import type { JsonObject } from '#lib/base/json';
import type { OwnMetadata } from './provider.ts';
import type { LmAnswer } from './spec.ts';
import { usageOf } from './usage.ts';

/** What a provider's call brought, before prices and cache. */
export type ProviderAnswer = Pick<LmAnswer, 'text' | 'finishReason' | 'toolCalls' | 'usage'> & OwnMetadata;

export function answerOf(result: LanguageModelV4GenerateResult): ProviderAnswer {
  const toolCalls = result.content.flatMap(toolCall);
  return {
    text: result.content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    finishReason: finishOf(result.finishReason.unified),
    usage: usageOf(result.usage),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...ownMetadata(result.providerMetadata),
  };
}

/** Reads a stream to its end, telling each piece of text as it comes. An error part is thrown. */
export async function answerOfStream(
  stream: ReadableStream<LanguageModelV4StreamPart>,
  onDelta: (text: string) => void,
): Promise<ProviderAnswer> {
  let text = '';
  const toolCalls: JsonObject[] = [];
  let answer: ProviderAnswer = { text, finishReason: 'error', usage: { inputTokens: 0, outputTokens: 0 } };
  for await (const part of stream) {
    if (part.type === 'text-delta') {
      text += part.delta;
      onDelta(part.delta);
    } else if (part.type === 'tool-call') toolCalls.push(...toolCall(part));
    else if (part.type === 'error') throw part.error;
    else if (part.type === 'finish') {
      const finishReason = finishOf(part.finishReason.unified);
      answer = { text, finishReason, usage: usageOf(part.usage), ...ownMetadata(part.providerMetadata) };
    }
  }
  return { ...answer, text, ...(toolCalls.length === 0 ? {} : { toolCalls }) };
}

function finishOf(reason: LanguageModelV4GenerateResult['finishReason']['unified']): LmAnswer['finishReason'] {
  return reason === 'interrupted' ? 'error' : reason;
}

function toolCall(part: LanguageModelV4Content): JsonObject[] {
  if (part.type !== 'tool-call') return [];
  return [{ id: part.toolCallId, type: 'function', function: { name: part.toolName, arguments: part.input } }];
}

function ownMetadata(metadata: LanguageModelV4GenerateResult['providerMetadata']): OwnMetadata {
  const own = metadata?.dspex;
  return {
    ...(typeof own?.durationMs === 'number' ? { durationMs: own.durationMs } : {}),
    ...(own?.simulated === true ? { simulated: true } : {}),
  };
}
