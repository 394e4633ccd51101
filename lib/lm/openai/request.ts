import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import type { ContentPart, Message } from '../spec.ts';

/**
 * The body of `POST {endpoint}/chat/completions`; members that are undefined are not sent. Source: platform.openai.com/docs/api-reference/chat/create.
 * `reasoning` models take `max_completion_tokens`; other servers know only `max_tokens`.
 */
export function requestBody(
  model: string,
  options: LanguageModelV4CallOptions,
  { reasoning, stream }: { reasoning: boolean; stream: boolean },
): Record<string, unknown> {
  const { temperature, topP, stopSequences, seed, maxOutputTokens, tools, responseFormat } = options;
  return {
    model,
    messages: fromSdkMessages(options.prompt),
    temperature,
    top_p: topP,
    stop: stopSequences,
    seed,
    [reasoning ? 'max_completion_tokens' : 'max_tokens']: maxOutputTokens,
    tools: tools?.map((tool) => {
      if (tool.type !== 'function') throw new StepFailure('Model.Refused', `the tool ${tool.name} is no function tool`);
      const { name, description, inputSchema, strict } = tool;
      return { type: 'function', function: { name, description, parameters: inputSchema, strict } };
    }),
    response_format: responseFormat?.type === 'json' ? jsonFormat(responseFormat) : undefined,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

function jsonFormat({ schema, name }: { schema?: unknown; name?: string }): JsonObject {
  if (schema === undefined) return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name: name ?? 'response', schema: schema as Json, strict: true } };
}

/** The AI SDK's prompt as chat messages, the inverse of what the gateway makes of them. */
export function fromSdkMessages(prompt: LanguageModelV4Prompt): Message[] {
  return prompt.flatMap((message): Message[] => {
    if (message.role === 'system') return [{ role: 'system', content: message.content }];
    if (message.role === 'tool')
      return message.content.flatMap((part): Message[] =>
        part.type === 'tool-result'
          ? [{ role: 'tool', tool_call_id: part.toolCallId, content: outputText(part.output) }]
          : [],
      );
    const content = contentOf(message);
    if (message.role === 'user') return [{ role: 'user', content }];
    const calls = message.content.flatMap((part): JsonObject[] =>
      part.type === 'tool-call'
        ? [
            {
              id: part.toolCallId,
              type: 'function',
              function: { name: part.toolName, arguments: JSON.stringify(part.input ?? {}) },
            },
          ]
        : [],
    );
    return [{ role: 'assistant', content, ...(calls.length === 0 ? {} : { tool_calls: calls }) }];
  });
}

type WithParts = Extract<LanguageModelV4Message, { role: 'user' | 'assistant' }>;

/** One text becomes a plain string, which every server understands. */
function contentOf(message: WithParts): string | ContentPart[] {
  const parts: ContentPart[] = [];
  for (const part of message.content) {
    if (part.type === 'text') parts.push({ type: 'text', text: part.text });
    else if (part.type === 'file') parts.push({ type: 'image_url', image_url: { url: fileUrl(part) } });
    else if (part.type !== 'tool-call')
      throw new StepFailure('Model.Refused', `content of type ${part.type} cannot be sent to this provider`);
  }
  const [first] = parts;
  if (parts.length === 0) return '';
  return parts.length === 1 && first?.type === 'text' ? String(first.text) : parts;
}

function fileUrl(part: Extract<WithParts['content'][number], { type: 'file' }>): string {
  const { data, mediaType } = part;
  if (data.type === 'url') return data.url.toString();
  if (data.type !== 'data') throw new StepFailure('Model.Refused', `a file given by ${data.type} cannot be sent`);
  const base64 = typeof data.data === 'string' ? data.data : Buffer.from(data.data).toString('base64');
  return `data:${mediaType};base64,${base64}`;
}

function outputText(output: LanguageModelV4ToolResultOutput): string {
  if (output.type === 'text' || output.type === 'error-text') return output.value;
  return 'value' in output ? JSON.stringify(output.value) : 'the call was not carried out';
}
