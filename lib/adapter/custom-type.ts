import type { Json, JsonObject } from '#lib/base/json';
import type { ContentPart } from '#lib/lm/spec';
import type { FieldType } from '#lib/signature/signature';
import { jsonDumps, pythonRepr } from './python-value.ts';

const START = '<<CUSTOM-TYPE-START-IDENTIFIER>>';
const END = '<<CUSTOM-TYPE-END-IDENTIFIER>>';

type DspyType = Extract<FieldType, { kind: 'dspy' }>;
type Format = (value: unknown) => JsonObject[] | JsonObject | string | undefined;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** Each DSPy type's `format()`: content parts for media, text for the rest, undefined for what it does not take. */
const FORMATS: { [name: string]: Format } = {
  Image: (value) => {
    const url = text(value) ?? text(member(value, 'url'));
    if (url === undefined || !/^(?:data:|(?:https?|gs):\/\/[^/?#])/i.test(url.trim())) return undefined;
    return [{ type: 'image_url', image_url: { url: url.trim() } }];
  },
  Audio: (value) => {
    const uri = /^data:audio\/([^;,]+)[^,]*,(.*)$/s.exec(text(value) ?? '');
    const data = uri?.[2] ?? text(member(value, 'data'));
    const format = uri?.[1]?.replace(/^x-/, '') ?? text(member(value, 'audio_format'));
    if (data === undefined || format === undefined) return undefined;
    return [{ type: 'input_audio', input_audio: { data, format } }];
  },
  File: (value) => {
    const file: { [key: string]: Json } = {};
    for (const key of ['file_data', 'file_id', 'filename']) {
      const part = text(key === 'file_data' ? (text(value) ?? member(value, key)) : member(value, key));
      if (part !== undefined) file[key] = part;
    }
    return Object.keys(file).length === 0 ? undefined : [{ type: 'file', file }];
  },
  Code: (value) => (typeof value === 'string' ? value : unfenced(text(member(value, 'code')))),
  Reasoning: (value) => text(value) ?? text(member(value, 'content')),
  Tool: (value) => {
    const name = text(member(value, 'name'));
    if (name === undefined) return undefined;
    const description = text(member(value, 'desc')) ?? text(member(value, 'description'));
    const about = description ? `, whose description is <desc>${description}</desc>.`.replaceAll('\n', '  ') : '.';
    return `${name}${about} It takes arguments ${pythonRepr(member(value, 'args') ?? {})}.`;
  },
  ToolCalls: (value) => {
    const calls = member(value, 'tool_calls');
    if (!Array.isArray(calls)) return undefined;
    return {
      tool_calls: calls.map((call) => ({ name: json(member(call, 'name')), args: json(member(call, 'args')) })),
    };
  },
};

const json = (value: unknown): Json => (value ?? null) as Json;

/**
 * What a value of a DSPy type is in a prompt: its text (media as marked JSON, for `splitContent`), for tool calls an
 * object, undefined when the type does not take such a value.
 */
export function customTypeValue(value: unknown, type: DspyType): string | JsonObject | undefined {
  const format = FORMATS[type.name]?.(value);
  return Array.isArray(format) ? `${START}${jsonDumps(format)}${END}` : format;
}

/** The code inside a Markdown fence, or all of it. */
export function unfenced(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  const found = /```[^\n]*\n(.*?)```/s.exec(code) ?? /```(.*?)```/s.exec(code);
  return found?.[1]?.trim() ?? code;
}

/** A user turn's text, cut at the marked media into content parts; plain text stays text. */
export function splitContent(content: string): string | ContentPart[] {
  if (!content.includes(START)) return content;
  const parts: ContentPart[] = [];
  let last = 0;
  for (let start = content.indexOf(START); start >= 0; start = content.indexOf(START, last)) {
    const end = content.indexOf(END, start + START.length);
    if (end < 0) break;
    if (start > last) parts.push({ type: 'text', text: content.slice(last, start) });
    parts.push(...markedParts(content.slice(start + START.length, end).trim()));
    last = end + END.length;
  }
  if (last < content.length) parts.push({ type: 'text', text: content.slice(last) });
  return parts;
}

/** A mark inside a list or object was written as JSON twice. */
function markedParts(payload: string): ContentPart[] {
  for (const read of [() => JSON.parse(payload), () => JSON.parse(JSON.parse(`"${payload}"`))])
    try {
      const parts: unknown = read();
      if (Array.isArray(parts))
        return parts.map((part) =>
          typeof part === 'object' && part !== null ? part : { type: 'text', text: String(part) },
        );
    } catch {
      // Not written this way; the next reading may be the right one.
    }
  return [{ type: 'text', text: payload }];
}
