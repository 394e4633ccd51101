import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import type { Message } from '../spec.ts';
import { textOf } from './prompt.ts';

/** What one output field may hold. `schema` is a JSON Schema; `choice` lists exact texts. */
export type Hole =
  | { kind: 'text' }
  | { kind: 'choice'; options: string[] }
  | { kind: 'integer' }
  | { kind: 'float' }
  | { kind: 'json'; schema: Json };

/** An answer's shape in the order of writing: text that is always the same, and holes the model fills. */
export type Piece = { kind: 'forced'; text: string } | { kind: 'hole'; field: string; hole: Hole; until: string };
export interface Structure {
  format: 'chat' | 'json' | 'xml';
  pieces: Piece[];
}

/**
 * Reads the shape of the wanted answer out of the prompt that asks for it, as DSPy's Chat, JSON and XML adapters write it
 * (field order from the last message, types from the notes of the system message). Null when the prompt asks for no
 * such shape: the model then writes freely.
 */
export function structureOf(messages: readonly Message[]): Structure | null {
  const last = messages.at(-1);
  if (last === undefined || last.role !== 'user') return null;
  const system = messages
    .filter((m) => m.role === 'system')
    .map(textOf)
    .join('\n');
  const request = textOf(last);
  const asked = request.slice(request.lastIndexOf('\nRespond with ') + 1);
  for (const [format, reader] of Object.entries(READERS)) {
    if (!reader.asks.test(asked)) continue;
    const fields = Array.from(asked.matchAll(reader.name), (match) => match[1] ?? '').filter((f) => f !== 'completed');
    if (fields.length === 0) return null;
    const holes = fields.map((field) => ({ field, hole: holeOf(field, reader.note(system, field), system, format) }));
    return { format: format as Structure['format'], pieces: reader.pieces(holes) };
  }
  return null;
}

type Named = { field: string; hole: Hole };
interface Reader {
  asks: RegExp;
  name: RegExp;
  /** The type note that stands behind the field's placeholder; '' for a plain `str`. */
  note(system: string, field: string): string;
  pieces(holes: Named[]): Piece[];
}

const READERS: Record<Structure['format'], Reader> = {
  chat: {
    asks: /^Respond with the corresponding output fields, starting with the field `\[\[ ## /,
    name: /`\[\[ ## ([\p{L}\p{N}_]+) ## \]\]`/gu,
    note: (system, field) => noteAfter(system, `[[ ## ${field} ## ]]\n{${field}}`, '\n'),
    pieces: (holes) => [
      ...holes.flatMap(({ field, hole }, i): Piece[] => [
        { kind: 'forced', text: `${i === 0 ? '' : '\n\n'}[[ ## ${field} ## ]]\n` },
        { kind: 'hole', field, hole, until: '[[ ##' },
      ]),
      { kind: 'forced', text: '\n\n[[ ## completed ## ]]' },
    ],
  },
  json: {
    asks: /^Respond with a JSON object in the following order of fields: `/,
    name: /`([\p{L}\p{N}_]+)`/gu,
    note: (system, field) => jsonNote(system, field),
    pieces: (holes) => [
      ...holes.flatMap(({ field, hole }, i): Piece[] => [
        { kind: 'forced', text: `${i === 0 ? '{' : ','}\n  ${JSON.stringify(field)}: ` },
        { kind: 'hole', field, hole, until: '' },
      ]),
      { kind: 'forced', text: '\n}' },
    ],
  },
  xml: {
    asks: /^Respond with the corresponding output fields wrapped in XML tags `</,
    name: /`<([\p{L}\p{N}_]+)>`/gu,
    note: (system, field) => noteAfter(system, `<${field}>\n{${field}}`, '\n'),
    pieces: (holes) =>
      holes.flatMap(({ field, hole }, i): Piece[] => [
        { kind: 'forced', text: `${i === 0 ? '' : '\n\n'}<${field}>\n` },
        { kind: 'hole', field, hole, until: '</' },
        { kind: 'forced', text: `\n</${field}>` },
      ]),
  },
};

const NOTE = /^\s*# note: the value you produce (.*)$/su;

function noteAfter(system: string, placeholder: string, end: string): string {
  // The last occurrence: the structure section follows the field descriptions, which are the author's free text.
  const at = system.lastIndexOf(placeholder);
  if (at < 0) return '';
  const from = at + placeholder.length;
  const to = system.indexOf(end, from);
  return NOTE.exec(system.slice(from, to < 0 ? undefined : to))?.[1] ?? '';
}

/** In a JSON structure the placeholder and its note are one JSON string, escapes and all. */
function jsonNote(system: string, field: string): string {
  const at = system.lastIndexOf(`${JSON.stringify(field)}: "{${field}}`);
  const line = at < 0 ? undefined : /^"[\p{L}\p{N}_]+": ("(?:[^"\\\n]|\\.)*")/u.exec(system.slice(at))?.[1];
  if (line === undefined) return '';
  return NOTE.exec((JSON.parse(line) as string).slice(field.length + 2))?.[1] ?? '';
}

const EXACT = 'must exactly match (no extra characters) one of: ';
const ONE_OF = 'must be one of: ';
const SCHEMA = 'must adhere to the JSON schema: ';

function holeOf(field: string, note: string, system: string, format: string): Hole {
  const json = format === 'json';
  if (note === 'must be True or False')
    return { kind: 'choice', options: json ? ['true', 'false'] : ['True', 'False'] };
  if (note === 'must be a single int value') return { kind: 'integer' };
  if (note === 'must be a single float value') return { kind: 'float' };
  if (note.startsWith(EXACT) || note.startsWith(ONE_OF)) {
    const listed = note.slice(note.startsWith(EXACT) ? EXACT.length : ONE_OF.length);
    const members = literalMembers(system, field);
    // The note alone cannot tell `a; b` the one choice from `a` and `b`, nor 1 from '1'; the declared type can.
    const options =
      members !== null && members.map(String).join('; ') === listed ? members : (listed.split('; ') as Json[]);
    return { kind: 'choice', options: options.map((option) => (json ? JSON.stringify(option) : String(option))) };
  }
  if (note.startsWith(SCHEMA)) {
    const schema = parseSchema(note.slice(SCHEMA.length));
    if (schema !== null && !(format !== 'json' && isOptionalText(schema))) return { kind: 'json', schema };
  }
  return json ? { kind: 'json', schema: { type: 'string' } } : { kind: 'text' };
}

/** The members of `Literal['a', "it's", 3]` as the system message declares a field, or null. */
function literalMembers(system: string, field: string): Json[] | null {
  const outputs = system.slice(Math.max(0, system.indexOf('Your output fields are:')));
  const at = outputs.indexOf(`\`${field}\` (Literal[`);
  if (at < 0) return null;
  const members: Json[] = [];
  const member = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([\w.+-]+))\s*(,|\])/uy;
  member.lastIndex = at + field.length + '`` (Literal['.length;
  for (;;) {
    const found = member.exec(outputs);
    if (found === null) return null;
    const [, single, double, bare, end] = found;
    const quoted = single ?? double;
    if (quoted !== undefined) members.push(quoted.replace(/\\(['"\\])/gu, '$1'));
    else members.push(bare !== undefined && /^-?\d+$/u.test(bare) ? Number(bare) : (bare ?? ''));
    if (end === ']') return members;
  }
}

function parseSchema(text: string): Json | null {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return null;
  }
}

/** `Optional[str]` in a chat answer is read as raw text, so quotes would become part of the value. */
function isOptionalText(schema: Json): boolean {
  const any = isJsonObject(schema) ? schema.anyOf : undefined;
  return Array.isArray(any) && any.some((m) => isJsonObject(m) && m.type === 'string' && m.enum === undefined);
}
