import type { Problem } from '#lib/base/errors';
import { isJsonObject, type Json } from '#lib/base/json';
import type { FieldType, Signature, Values } from '#lib/signature/signature';
import type { Example } from './example.ts';

/** What is wrong with an example for a signature: inputs missing or of another type, labels of another type. */
export function checkExample(example: Pick<Example, 'inputs' | 'labels'>, signature: Signature): string[] {
  const troubles: string[] = [];
  for (const field of signature.inputs) {
    if (!Object.hasOwn(example.inputs, field.name)) {
      if (field.default === undefined) troubles.push(`input "${field.name}" is missing`);
    } else troubles.push(...fieldTroubles(example.inputs, field.name, field.type, 'input'));
  }
  // A label may be missing (no metric needs all of them), but not be something the output could never equal.
  for (const field of signature.outputs) {
    if (Object.hasOwn(example.labels, field.name)) {
      troubles.push(...fieldTroubles(example.labels, field.name, field.type, 'label'));
    }
  }
  return troubles;
}

/** A dataset against a signature: problems by example (`/examples/3`), at most `cap` of them. */
export function checkDataset(examples: readonly Example[], signature: Signature, cap = 100): Problem[] {
  const problems: Problem[] = [];
  for (const [index, example] of examples.entries()) {
    for (const detail of checkExample(example, signature)) {
      if (problems.length >= cap) return problems;
      problems.push({ pointer: `/examples/${index}`, detail: `example "${example.id}": ${detail}` });
    }
  }
  return problems;
}

function fieldTroubles(values: Values, name: string, type: FieldType, noun: string): string[] {
  const value = values[name] as Json;
  // A list of accepted answers is a usual label of a field that is not itself a list.
  if (noun === 'label' && Array.isArray(value) && !fits(value, type) && value.every((item) => fits(item, type)))
    return [];
  if (fits(value, type)) return [];
  const text = JSON.stringify(value);
  return [`${noun} "${name}" is to be ${wanted(type)}, found ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`];
}

/** Could a value of this type look like this in JSON? Kinds known only to Python take anything. */
export function fits(value: Json, type: FieldType): boolean {
  switch (type.kind) {
    case 'str':
      return typeof value === 'string';
    case 'int':
      return Number.isInteger(value);
    case 'float':
      return typeof value === 'number';
    case 'bool':
      return typeof value === 'boolean';
    case 'none':
      return value === null;
    case 'list':
    case 'set':
    case 'frozenset':
      return (
        Array.isArray(value) && (type.item === undefined || value.every((item) => fits(item, type.item as FieldType)))
      );
    case 'tuple':
      return Array.isArray(value);
    case 'dict':
      return (
        isJsonObject(value) &&
        (type.value === undefined || Object.values(value).every((item) => fits(item, type.value as FieldType)))
      );
    case 'literal':
      return type.values.includes(value as string);
    case 'union':
      return type.options.some((option) => fits(value, option));
    case 'enum':
      return type.members.some((member) => member.value === value || member.name === value);
    case 'model':
      return isJsonObject(value);
    default:
      return true;
  }
}

function wanted(type: FieldType): string {
  if (type.kind === 'literal')
    return `one of ${type.values
      .map((value) => JSON.stringify(value))
      .join(', ')
      .slice(0, 200)}`;
  if (type.kind === 'enum')
    return `one of ${type.members
      .map((member) => member.value)
      .join(', ')
      .slice(0, 200)}`;
  if (type.kind === 'union') return type.options.map(wanted).join(' or ');
  return 'name' in type ? type.name : type.kind;
}
