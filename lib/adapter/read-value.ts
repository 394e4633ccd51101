import type { Json } from '#lib/base/json';
import { coerce } from '#lib/signature/coerce';
import { ExactFloat } from '#lib/signature/exact-number';
import { Mismatch } from '#lib/signature/mismatch';
import { formatType } from '#lib/signature/print';
import type { Field, FieldType, Signature, Values } from '#lib/signature/signature';
import type { Adapter } from './adapter.ts';
import { unfenced } from './custom-type.ts';
import { repairJson } from './json-repair.ts';
import { ParseFailure } from './parse-failure.ts';
import { parsePythonLiteral } from './python-literal.ts';
import { strip } from './python-text.ts';
import { pythonRepr, scalarText } from './python-value.ts';

/** Reads one field's value out of an answer; what does not fit becomes a ParseFailure that names the field. */
export function readField(adapter: Adapter['name'], completion: string, field: Field, value: unknown): Json {
  try {
    return plainJson(readValue(value, field.type));
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const where = error.pointer === '' ? '' : ` at ${error.pointer}`;
    throw new ParseFailure(
      `The answer's "${field.name}" is not a ${formatType(field.type)}${where}: ${error.message}.`,
      { adapter, field: field.name, completion },
      error,
    );
  }
}

/** Outputs in signature order; a missing one takes its default, or None where its type allows that. */
export function completeOutputs(
  adapter: Adapter['name'],
  signature: Signature,
  completion: string,
  values: Values,
): Values {
  const complete: Values = {};
  const missing: string[] = [];
  for (const { name, type, default: value } of signature.outputs) {
    const given = Object.hasOwn(values, name) ? values[name] : undefined;
    if (given !== undefined) complete[name] = given;
    else if (value !== undefined) complete[name] = value;
    else if (allowsNone(type)) complete[name] = null;
    else missing.push(name);
  }
  if (missing.length === 0) return complete;
  const found = Object.keys(values);
  throw new ParseFailure(
    `The answer lacks ${missing.map((name) => `"${name}"`).join(', ')}; ` +
      (completion === ''
        ? 'it is empty.'
        : found.length === 0
          ? 'no output was found in it.'
          : `found ${found.join(', ')}.`),
    { adapter, missing, completion },
  );
}

function allowsNone(type: FieldType): boolean {
  return type.kind === 'none' || (type.kind === 'union' && type.options.some(allowsNone));
}

/** The value of an answer's text (or of a part of its JSON) as the declared type; throws Mismatch. */
export function readValue(value: unknown, type: FieldType): unknown {
  if (type.kind === 'str') return scalarText(value) ?? pythonRepr(value);
  if (type.kind === 'enum') return enumMember(value, type);
  let text = value;
  if (type.kind === 'literal') {
    const found = literalValue(value, type.values);
    if (found.done) return found.value;
    text = found.value;
  }
  if (typeof text !== 'string') return shaped(coerce(text, type), type);
  if (type.kind === 'union' && hasKind(type, 'none') && hasKind(type, 'str')) return coerce(text, type);
  const candidate = readLoosely(text);
  try {
    return shaped(coerce(candidate, type), type);
  } catch (error) {
    if (type.kind !== 'dspy' || !(error instanceof Mismatch)) throw error;
    try {
      return shaped(coerce(text, type), type);
    } catch {
      throw error;
    }
  }
}

/** JSON with repairs, else a Python literal, else the text itself. */
function readLoosely(text: string): unknown {
  const repaired = repairJson(text);
  if (repaired !== '' || text === '') return repaired;
  const literal = parsePythonLiteral(text);
  return literal === undefined ? text : literal;
}

function hasKind(type: Extract<FieldType, { kind: 'union' }>, kind: FieldType['kind']): boolean {
  return type.options.some((option) => option.kind === kind);
}

function enumMember(value: unknown, type: Extract<FieldType, { kind: 'enum' }>): unknown {
  const found =
    type.members.find((member) => sameInPython(member.value, value)) ?? type.members.find(({ name }) => name === value);
  if (found === undefined)
    throw new Mismatch(value, `one of ${type.members.map((member) => JSON.stringify(member.value)).join(', ')}`);
  return found.value;
}

/** An exact member; else the text without a `Literal[...]` or `str[...]` around it and without one pair of quotes. */
function literalValue(
  value: unknown,
  allowed: readonly (string | number | boolean | null)[],
): { done: boolean; value: unknown } {
  const exact = allowed.find((one) => sameInPython(one, value));
  if (exact !== undefined) return { done: true, value: typeof exact === typeof value ? exact : value };
  if (typeof value !== 'string') return { done: false, value };
  let text = strip(value);
  if ((text.startsWith('Literal[') || text.startsWith('str[')) && text.endsWith(']'))
    text = text.slice(text.indexOf('[') + 1, -1);
  const quote = text.charAt(0);
  if (text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote)) text = text.slice(1, -1);
  return { done: allowed.includes(text), value: text };
}

/** `1 == True == 1.0`, as `in` compares. */
function sameInPython(allowed: string | number | boolean | null, value: unknown): boolean {
  if (allowed === value) return true;
  const number =
    typeof value === 'boolean' || typeof value === 'bigint'
      ? Number(value)
      : value instanceof ExactFloat
        ? value.value
        : value;
  const wanted = typeof allowed === 'boolean' ? Number(allowed) : allowed;
  return typeof wanted === 'number' && typeof number === 'number' && wanted === number;
}

/** DSPy's text-like types are held as their text. */
function shaped(value: unknown, type: FieldType): unknown {
  if (type.kind !== 'dspy' || typeof value !== 'object' || value === null) return value;
  const parts = value as { code?: unknown; content?: unknown };
  if (type.name === 'Code') return typeof parts.code === 'string' ? unfenced(parts.code) : value;
  return type.name === 'Reasoning' ? parts.content : value;
}

/** Exact numbers become JavaScript's. What JSON cannot hold (nan, infinities, integers beyond a double) is refused. */
export function plainJson(value: unknown): Json {
  if (value instanceof ExactFloat) return finite(value.value);
  if (typeof value === 'bigint') return finite(Number(value));
  if (typeof value === 'number') return finite(value);
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainJson(one)]));
  return value as Json;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Mismatch(String(value), 'a finite number (JSON holds no other)');
  return value;
}
