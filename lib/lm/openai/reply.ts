import type { LanguageModelV4Content, LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { failureOfStatus, retryAfterSeconds } from '../failures.ts';
import { sdkUsage } from '../usage.ts';

const FINISH: Readonly<Record<string, LanguageModelV4FinishReason['unified']>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
};

export function finishOf(raw: Json | undefined): LanguageModelV4FinishReason {
  if (typeof raw !== 'string') return { unified: 'other', raw: undefined };
  return { unified: FINISH[raw] ?? 'other', raw };
}

export interface ReadReply {
  content: LanguageModelV4Content[];
  finishReason: LanguageModelV4FinishReason;
  usage: LanguageModelV4Usage;
}

/** A 200's body. What is no chat completion is `Model.Transient`: the next try may bring one. */
export function readReply(text: string): ReadReply {
  const body = parseObject(text);
  const choice = Array.isArray(body.choices) ? body.choices[0] : undefined;
  const message = isJsonObject(choice ?? null) ? (choice as JsonObject).message : undefined;
  if (!isJsonObject(choice ?? null) || !isJsonObject(message ?? null)) throw notACompletion(text);
  const { content, refusal, tool_calls: calls } = message as JsonObject;
  const said = typeof content === 'string' ? content : typeof refusal === 'string' ? refusal : '';
  const tools = Array.isArray(calls) ? calls.flatMap((call) => toolCall(call)) : [];
  if (typeof content !== 'string' && content !== null && content !== undefined) throw notACompletion(text);
  return {
    content: [...(said === '' ? [] : [{ type: 'text' as const, text: said }]), ...tools],
    finishReason:
      typeof refusal === 'string' && refusal !== ''
        ? { unified: 'content-filter', raw: 'refusal' }
        : finishOf((choice as JsonObject).finish_reason),
    usage: readUsage(body.usage),
  };
}

export function readUsage(usage: Json | undefined): LanguageModelV4Usage {
  if (!isJsonObject(usage ?? null)) return sdkUsage({});
  const { prompt_tokens, completion_tokens, prompt_tokens_details: details } = usage as JsonObject;
  const cached = isJsonObject(details ?? null) ? (details as JsonObject).cached_tokens : undefined;
  return sdkUsage({
    ...(isCount(prompt_tokens) ? { inputTokens: prompt_tokens } : {}),
    ...(isCount(completion_tokens) ? { outputTokens: completion_tokens } : {}),
    ...(isCount(cached) && cached > 0 ? { cachedInputTokens: cached } : {}),
  });
}

export function parseObject(text: string): JsonObject {
  let body: Json;
  try {
    body = JSON.parse(text) as Json;
  } catch {
    throw notACompletion(text);
  }
  if (!isJsonObject(body)) throw notACompletion(text);
  return body;
}

export function notACompletion(text: string): StepFailure {
  return new StepFailure('Model.Transient', `the provider's reply is no chat completion: ${start(text)}`);
}

/** An error reply. Of its body only the message and the code are told. */
export function errorReply(status: number, headers: unknown, text: string): StepFailure {
  const { message, code } = readError(text);
  const failure = failureOfStatus(status);
  const seconds = retryAfterSeconds(headers);
  // An empty account answers 429 as well, and waiting does not fill it.
  const retryable = failure.retryable && code !== 'insufficient_quota';
  return new StepFailure(failure.name, `the provider answered ${status}${message === '' ? '' : `: ${message}`}`, {
    retryable,
    details: { status, ...(code === '' ? {} : { code }) },
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

function readError(text: string): { message: string; code: string } {
  try {
    const body = JSON.parse(text) as Json;
    const error = isJsonObject(body) ? (body.error ?? body) : {};
    if (typeof error === 'string') return { message: start(error), code: '' };
    if (!isJsonObject(error)) return { message: '', code: '' };
    const { message, code, type } = error;
    return { message: typeof message === 'string' ? start(message) : '', code: String(code ?? type ?? '') };
  } catch {
    return { message: start(text), code: '' };
  }
}

function toolCall(call: Json): LanguageModelV4Content[] {
  const body = isJsonObject(call) && isJsonObject(call.function ?? null) ? (call.function as JsonObject) : null;
  if (!isJsonObject(call) || body === null) return [];
  const { name, arguments: input } = body;
  if (typeof name !== 'string') return [];
  return [{ type: 'tool-call', toolCallId: String(call.id ?? ''), toolName: name, input: String(input ?? '{}') }];
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function start(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
