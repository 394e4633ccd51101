import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Json } from '#lib/base/json';

// DynamoDB's numbers have 38 digits and end here; those of JavaScript go further.
const LARGEST = 1e125;
const SMALLEST = 1e-129;

/**
 * One top-level value as DynamoDB stores it: scalars as such, so that conditions and additions work on them; lists and
 * objects as JSON text, which begins with `[` or `{`. Text that could be mistaken for it is stored as JSON text itself
 * (`"`), a number out of DynamoDB's range as `#` and its text.
 */
export function toAttribute(value: Json): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return numberAttribute(value);
  if (typeof value !== 'string') return { S: JSON.stringify(value) };
  return { S: /^[[{"#]/.test(value) || !value.isWellFormed() ? JSON.stringify(value) : value };
}

export function fromAttribute(attribute: AttributeValue): Json {
  if (attribute.NULL !== undefined) return null;
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.N !== undefined) return Number(attribute.N);
  const { S: text } = attribute;
  if (text === undefined) throw new Error(`an attribute is of a kind we never write: ${Object.keys(attribute)[0]}`);
  if (text.startsWith('#')) return Number(text.slice(1));
  return /^[[{"]/.test(text) ? (JSON.parse(text) as Json) : text;
}

export function numberAttribute(value: number): { N: string } | { S: string } | { NULL: true } {
  // As JSON has it: what is no number is null.
  if (!Number.isFinite(value)) return { NULL: true };
  const size = Math.abs(value);
  return size !== 0 && (size > LARGEST || size < SMALLEST) ? { S: `#${value}` } : { N: String(value) };
}

/** An attribute of the item's data: apart from the keys by its first character. */
export function attributeName(name: string): string {
  return name.isWellFormed() ? `_${name}` : JSON.stringify(name);
}

/** The name in the data; null when the attribute is one of ours. */
export function dataName(attribute: string): string | null {
  if (attribute.startsWith('_')) return attribute.slice(1);
  return attribute.startsWith('"') ? (JSON.parse(attribute) as string) : null;
}
