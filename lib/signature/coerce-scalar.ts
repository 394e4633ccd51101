import { coerceBool, coerceFloat, coerceInt } from './coerce-number.ts';
import { ExactFloat } from './exact-number.ts';
import { FIT, type Fit } from './fit.ts';
import { Mismatch } from './mismatch.ts';
import type { FieldType } from './signature.ts';

export type Scalar =
  | { kind: 'str' | 'int' | 'float' | 'bool' | 'none' | 'any' }
  | Extract<FieldType, { kind: 'literal' }>;

/** `coerce` for the types that hold no others. */
export function coerceScalar(value: unknown, type: Scalar, fit: Fit): unknown {
  if (type.kind === 'literal') return coerceLiteral(value, type.values);
  return SCALARS[type.kind](value, fit);
}

const SCALARS = {
  str: (value: unknown) => (typeof value === 'string' ? value : wrong(value, 'a string')),
  int: coerceInt,
  float: coerceFloat,
  bool: coerceBool,
  none: (value: unknown) => (value === null ? null : wrong(value, 'None')),
  any: (value: unknown, fit: Fit) => {
    fit.worst = Math.min(fit.worst, FIT.lossless);
    return value;
  },
};

function coerceLiteral(value: unknown, values: readonly (string | number | boolean | null)[]): unknown {
  for (const allowed of values) if (allowed === plain(value)) return allowed;
  // Python holds that 1 == 1.0 == True.
  const number = asNumber(value);
  for (const allowed of values) if (number !== undefined && asNumber(allowed) === number) return allowed;
  const list = values.map((one) => (one === null ? 'None' : JSON.stringify(one)));
  return wrong(value, list.length === 1 ? `${list[0]}` : `one of ${list.join(', ')}`);
}

export function wrong(value: unknown, wanted: string): never {
  throw new Mismatch(value, wanted);
}

function asNumber(value: unknown): number | undefined {
  const simple = plain(value);
  return typeof simple === 'number' ? simple : typeof simple === 'boolean' ? Number(simple) : undefined;
}

export /** An exact number as a plain one. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof ExactFloat ? value.value : value;
}
