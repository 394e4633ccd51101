import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { sdkUsage } from '../usage.ts';
import { finishOf, parseObject, readUsage } from './reply.ts';

interface OpenCall {
  id: string;
  name: string;
  input: string;
}

/** Chat completion chunks as AI SDK stream parts. A stream that ends before its finish reason is a failure. */
export async function* streamParts(events: AsyncIterable<string>): AsyncGenerator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: [] };
  const calls: OpenCall[] = [];
  let usage: LanguageModelV4Usage = sdkUsage({});
  let finish: Json | undefined;
  let open = false;
  for await (const event of events) {
    if (event === '[DONE]') break;
    const chunk = parseObject(event);
    if (chunk.error !== undefined && chunk.error !== null)
      throw new StepFailure('Model.Transient', 'the provider broke off its stream with an error');
    if (isJsonObject(chunk.usage ?? null)) usage = readUsage(chunk.usage);
    const choice = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (!isJsonObject(choice ?? null)) continue;
    const { delta, finish_reason } = choice as JsonObject;
    finish = finish_reason ?? finish;
    if (!isJsonObject(delta ?? null)) continue;
    const { content, tool_calls } = delta as JsonObject;
    if (typeof content === 'string' && content !== '') {
      if (!open) yield { type: 'text-start', id: '0' };
      open = true;
      yield { type: 'text-delta', id: '0', delta: content };
    }
    if (Array.isArray(tool_calls)) for (const call of tool_calls) gather(calls, call);
  }
  if (finish === undefined) throw new StepFailure('Model.Transient', 'the stream ended in the middle of the answer');
  if (open) yield { type: 'text-end', id: '0' };
  for (const { id, name, input } of calls) yield { type: 'tool-call', toolCallId: id, toolName: name, input };
  yield { type: 'finish', usage, finishReason: finishOf(finish) };
}

/** A tool call arrives in pieces that carry its index. */
function gather(calls: OpenCall[], piece: Json): void {
  if (!isJsonObject(piece)) return;
  const index = typeof piece.index === 'number' ? piece.index : calls.length;
  if (!Number.isInteger(index) || index < 0 || index > 128) return;
  while (calls.length <= index) calls.push({ id: '', name: '', input: '' });
  const call = calls[index];
  const body = isJsonObject(piece.function ?? null) ? (piece.function as JsonObject) : {};
  if (call === undefined) return;
  if (typeof piece.id === 'string') call.id = piece.id;
  if (typeof body.name === 'string') call.name += body.name;
  if (typeof body.arguments === 'string') call.input += body.arguments;
}
