import type {
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4TextPart,
} from '@ai-sdk/provider';
import { StepFailure } from '#lib/base/failure';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { sentParameters } from './parameters.ts';
import type { ContentPart, LmRequest, Message, ResponseFormat } from './spec.ts';

/** A request in the AI SDK's words. What no wire carries travels beside, for models in this process. */
export function callOptions(request: LmRequest, abortSignal: AbortSignal): LanguageModelV4CallOptions {
  const { temperature, maxTokens, topP, stop, seed, typicalInputs } = sentParameters(request);
  const own = {
    ...(request.sample === undefined ? {} : { sample: request.sample }),
    ...(typicalInputs === undefined ? {} : { typicalInputs }),
  };
  return {
    prompt: toSdkMessages(request.messages),
    abortSignal,
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stopSequences: stop }),
    ...(seed === undefined ? {} : { seed }),
    ...(request.tools === undefined ? {} : { tools: request.tools.map(toSdkTool) }),
    ...(request.responseFormat === undefined ? {} : { responseFormat: toSdkFormat(request.responseFormat) }),
    ...(Object.keys(own).length === 0 ? {} : { providerOptions: { dspex: own } }),
  };
}

export function toSdkMessages(messages: readonly Message[]): LanguageModelV4Message[] {
  // A tool turn names only its call; the AI SDK wants the tool's name too.
  const toolNames = new Map<string, string>();
  return messages.map((message) => ROLES[message.role](message, toolNames));
}

type ToSdk = (message: Message, toolNames: Map<string, string>) => LanguageModelV4Message;

const ROLES: Record<Message['role'], ToSdk> = {
  system: (message) => ({ role: 'system', content: plainText(message) }),
  user: (message) => ({ role: 'user', content: parts(message).map(toSdkPart) }),
  assistant: (message, toolNames) => ({
    role: 'assistant',
    content: [
      ...parts(message).map(toSdkPart),
      ...(message.tool_calls ?? []).map((call) => {
        const { id, name, input } = readToolCall(call);
        toolNames.set(id, name);
        return { type: 'tool-call' as const, toolCallId: id, toolName: name, input: parsed(input) };
      }),
    ],
  }),
  tool: (message, toolNames) => {
    const toolCallId = message.tool_call_id ?? '';
    const output = { type: 'text' as const, value: plainText(message) };
    const toolName = toolNames.get(toolCallId) ?? 'tool';
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] };
  },
};

function parts(message: Message): ContentPart[] {
  if (typeof message.content !== 'string') return message.content;
  return message.content === '' ? [] : [{ type: 'text', text: message.content }];
}

/** A message's text; other parts have no place in a system or tool turn. */
function plainText(message: Message): string {
  if (typeof message.content === 'string') return message.content;
  return message.content
    .map((part) => {
      if (part.type === 'text' && typeof part.text === 'string') return part.text;
      throw new StepFailure('Model.Refused', `a ${message.role} message takes text, not ${part.type}`);
    })
    .join('');
}

function toSdkPart(part: ContentPart): LanguageModelV4TextPart | LanguageModelV4FilePart {
  if (part.type === 'text' && typeof part.text === 'string') return { type: 'text', text: part.text };
  const image = 'image_url' in part ? part.image_url : undefined;
  const url = isJsonObject(image ?? null) ? (image as JsonObject).url : image;
  if (part.type === 'image_url' && typeof url === 'string') return imagePart(url);
  throw new StepFailure('Model.Refused', `content of type ${part.type} cannot be sent: text and image_url can`);
}

function imagePart(url: string): LanguageModelV4FilePart {
  const inline = /^data:([\w/+.-]+);base64,(.*)$/su.exec(url);
  if (inline?.[1] !== undefined && inline[2] !== undefined)
    return { type: 'file', mediaType: inline[1], data: { type: 'data', data: inline[2] } };
  if (!URL.canParse(url)) throw new StepFailure('Model.Refused', 'image_url holds no URL');
  return { type: 'file', mediaType: 'image/*', data: { type: 'url', url: new URL(url) } };
}

/** OpenAI's `{type: 'function', function: {name, description, parameters, strict}}`. */
function toSdkTool(tool: JsonObject): LanguageModelV4FunctionTool {
  const body = isJsonObject(tool.function ?? null) ? (tool.function as JsonObject) : tool;
  const { name, description, parameters, strict } = body;
  if (typeof name !== 'string') throw new StepFailure('Model.Refused', 'a tool needs a name');
  return {
    type: 'function',
    name,
    inputSchema: (parameters ?? { type: 'object', properties: {} }) as JSONSchema7,
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  };
}

function toSdkFormat(format: ResponseFormat): NonNullable<LanguageModelV4CallOptions['responseFormat']> {
  if (format.type === 'json_object') return { type: 'json' };
  return { type: 'json', name: format.name, schema: format.schema as JSONSchema7 };
}

function readToolCall(call: JsonObject): { id: string; name: string; input: string } {
  const body = isJsonObject(call.function ?? null) ? (call.function as JsonObject) : {};
  return { id: String(call.id ?? ''), name: String(body.name ?? ''), input: String(body.arguments ?? '{}') };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
