import { ExactFloat } from '#lib/signature/exact-number';
import type { FieldType } from '#lib/signature/signature';
import { memberType } from './member-type.ts';
import { floatText, integerText, stringRepr } from './python-text.ts';

/**
 * How Python writes a value whose declared type is `type`. A whole number is `1` or `1.0` by the declared type alone,
 * because JSON does not tell them apart; without a type it is an integer.
 */
export function numberText(value: number, type?: FieldType): string {
  return Number.isInteger(value) && !isFloat(type) ? integerText(value) : floatText(value);
}

function isFloat(type: FieldType | undefined): boolean {
  if (type === undefined) return false;
  if (type.kind === 'union')
    return type.options.some(({ kind }) => kind === 'float') && type.options.every(({ kind }) => kind !== 'int');
  return type.kind === 'float';
}

/** `str(value)` of a scalar as DSPy prints it in a prompt; undefined for lists and objects. */
export function scalarText(value: unknown, type?: FieldType): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value, type);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof ExactFloat) return floatText(value.value);
  return undefined;
}

/** `json.dumps(value, ensure_ascii=False)`, with `indent` blanks per level when given. */
export function jsonDumps(value: unknown, type?: FieldType, indent?: number, level = 0): string {
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'number') return jsonNumber(numberText(value, type));
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof ExactFloat) return jsonNumber(floatText(value.value));
  const list = Array.isArray(value);
  const members = list
    ? value.map((item, index) => jsonDumps(item, memberType(type, index), indent, level + 1))
    : Object.entries(value).map(
        ([key, item]) => `${jsonString(key)}: ${jsonDumps(item, memberType(type, key), indent, level + 1)}`,
      );
  const [open, close] = list ? '[]' : '{}';
  if (members.length === 0) return `${open}${close}`;
  if (indent === undefined) return `${open}${members.join(', ')}${close}`;
  const margin = `\n${' '.repeat(indent * (level + 1))}`;
  return `${open}${margin}${members.join(`,${margin}`)}\n${' '.repeat(indent * level)}${close}`;
}

/** JSON.stringify escapes the same characters as Python, except lone surrogates and U+007F, which neither needs. */
function jsonString(text: string): string {
  return JSON.stringify(text);
}

function jsonNumber(text: string): string {
  return NON_FINITE[text] ?? text;
}
const NON_FINITE: { [text: string]: string } = { nan: 'NaN', inf: 'Infinity', '-inf': '-Infinity' };

/** `repr(value)`, which Python uses for what stands inside a container it prints with `str`. */
export function pythonRepr(value: unknown, type?: FieldType): string {
  if (typeof value === 'string') return stringRepr(value);
  const scalar = scalarText(value, type);
  if (scalar !== undefined) return scalar;
  if (Array.isArray(value))
    return `[${value.map((item, index) => pythonRepr(item, memberType(type, index))).join(', ')}]`;
  const members = Object.entries(value as object).map(
    ([key, item]) => `${stringRepr(key)}: ${pythonRepr(item, memberType(type, key))}`,
  );
  return `{${members.join(', ')}}`;
}
