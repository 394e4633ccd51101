import type { Problem } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { coerce } from './coerce.ts';
import { Mismatch } from './mismatch.ts';
import { formatType } from './print.ts';
import type { Constraints, Field, FieldType, Signature, Values } from './signature.ts';

export interface Validated {
  /** The values in field order, defaults filled in; those with a problem as they were given. */
  values: Values;
  /** Empty when all is well. Pointers lead into the values. */
  problems: Problem[];
}

/**
 * Checks input values against the signature: missing, unknown, of the wrong type, outside their constraints. A number
 * is not text and text is not a number here: a caller should learn of the mistake rather than have it converted.
 */
export function validateInputs(signature: Signature, values: Values): Validated {
  return validateFields(signature.inputs, values, 'input');
}

/** As `validateInputs`, for output values such as a demo's or a label's. */
export function validateOutputs(signature: Signature, values: Values): Validated {
  return validateFields(signature.outputs, values, 'output');
}

function validateFields(fields: readonly Field[], values: Values, role: string): Validated {
  const problems: Problem[] = [];
  const made: [string, Json][] = [];
  for (const field of fields) {
    const given = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
    const value = given ?? (given === null ? null : field.default);
    if (value === undefined) {
      problems.push({
        pointer: `/${field.name}`,
        detail: `the ${role} "${field.name}" (${formatType(field.type)}) is missing`,
      });
      continue;
    }
    made.push([field.name, value]);
    problems.push(...problemsOf(field, value));
  }
  const known = new Set(fields.map(({ name }) => name));
  for (const name of Object.keys(values))
    if (!known.has(name))
      problems.push({
        pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        detail: `"${name}" is not an ${role}; the ${role}s are ${[...known].join(', ') || 'none'}`,
      });
  return { values: Object.fromEntries(made), problems };
}

function problemsOf(field: Field, value: Json): Problem[] {
  const pointer = `/${field.name}`;
  const plain = untyped(value, field.type);
  if (plain !== undefined) return [{ pointer, detail: `wanted ${formatType(field.type)}, found ${plain}` }];
  try {
    coerce(value, field.type);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    return [{ pointer: pointer + error.pointer, detail: error.message }];
  }
  if (field.constraints === undefined) return [];
  return constraintProblems(field.constraints, value).map((detail) => ({ pointer, detail }));
}

const SCALARS = new Set(['int', 'float', 'bool']);

/** What lax coercion would let through: text or a bool for a number, a number for a bool. */
function untyped(value: Json, type: FieldType): string | undefined {
  if (!SCALARS.has(type.kind)) return undefined;
  const wanted = type.kind === 'bool' ? 'boolean' : 'number';
  return typeof value === wanted ? undefined : `${JSON.stringify(value)?.slice(0, 60)}`;
}

const BOUNDS: { [name: string]: (value: number, bound: number) => boolean } = {
  gt: (value, bound) => value > bound,
  ge: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  le: (value, bound) => value <= bound,
  multiple_of: (value, bound) => Math.abs(value / bound - Math.round(value / bound)) < 1e-9,
};
const WORDS: { [name in keyof Constraints]-?: string } = {
  gt: 'greater than',
  ge: 'at least',
  lt: 'less than',
  le: 'at most',
  multiple_of: 'a multiple of',
  min_length: 'at least',
  max_length: 'at most',
  allow_inf_nan: '',
};

function constraintProblems(constraints: Constraints, value: Json): string[] {
  const problems: string[] = [];
  const length = lengthOf(value);
  for (const [name, bound] of Object.entries(constraints) as [keyof Constraints, number][]) {
    const check = BOUNDS[name];
    if (check !== undefined && typeof value === 'number' && !check(value, bound))
      problems.push(`wanted a number ${WORDS[name]} ${bound}, found ${value}`);
    if (length === undefined || !name.endsWith('_length')) continue;
    if (name === 'min_length' ? length < bound : length > bound)
      problems.push(`wanted a length of ${WORDS[name]} ${bound}, found ${length}`);
  }
  return problems;
}

/** Characters of text as Python counts them, items of a list, members of an object. */
function lengthOf(value: Json): number | undefined {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined;
}
