import { isJsonObject, type Json } from '#lib/base/json';
import { typeJsonSchema } from '#lib/signature/json-schema';
import type { Field, FieldType } from '#lib/signature/signature';
import { jsonDumps } from './python-value.ts';

/** `{name}` with, for an output, what its value must look like: the placeholder of the structure DSPy shows. */
export function placeholder(field: Field, role: 'input' | 'output'): string {
  const note = role === 'input' ? '' : typeNote(field.type);
  return `{${field.name}}${note === '' ? '' : `        # note: the value you produce ${note}`}`;
}

function typeNote(type: FieldType): string {
  switch (type.kind) {
    case 'str':
      return '';
    case 'bool':
      return 'must be True or False';
    case 'int':
    case 'float':
      return `must be a single ${type.kind} value`;
    case 'enum':
      return `must be one of: ${type.members.map(({ value }) => value).join('; ')}`;
    case 'literal':
      return `must exactly match (no extra characters) one of: ${type.values.map(constantText).join('; ')}`;
    case 'dspy':
      // Both are described elsewhere in the prompt, or are plain text.
      if (type.name === 'Reasoning' || type.name === 'Code') return '';
  }
  return `must adhere to the JSON schema: ${jsonDumps(sortedSchema(typeJsonSchema(type)))}`;
}

function constantText(value: string | number | boolean | null): string {
  if (value === null) return 'None';
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value);
}

/** Keys in order, `type` first: models follow a schema better that starts with its type. */
export function sortedSchema(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortedSchema);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(keys.map((key) => [key, sortedSchema(value[key] ?? null)]));
}

function rank(key: string): number {
  return key === 'type' ? 0 : 1;
}
