import { coerceClass } from './coerce-class.ts';
import { coerceBool, coerceFloat, coerceInt } from './coerce-number.ts';
import { ExactFloat } from './exact-number.ts';
import { Mismatch } from './mismatch.ts';
import type { FieldType } from './signature.ts';

/**
 * How well a value fits a type, as pydantic ranks the members of a union: as it stands, without loss (1 for a float),
 * or after conversion ("1" for an int).
 */
export const FIT = { converted: 0, lossless: 1, exact: 2 } as const;

/** Carries the worst fit met on the way through a value. */
export interface Fit {
  worst: number;
}

/**
 * The value a type's pydantic validator makes of a JSON value, in its lax mode: "3" is an int, "yes" a bool, 1 a float,
 * but 1 is no str. Throws Mismatch. A set keeps its order; what JSON cannot hold stays as JSON would hold it.
 */
export function coerce(value: unknown, type: FieldType, fit: Fit = { worst: FIT.exact }): unknown {
  switch (type.kind) {
    case 'str':
      return typeof value === 'string' ? value : wrong(value, 'a string');
    case 'int':
      return coerceInt(value, fit);
    case 'float':
      return coerceFloat(value, fit);
    case 'bool':
      return coerceBool(value, fit);
    case 'none':
      return value === null ? null : wrong(value, 'None');
    case 'any':
      fit.worst = Math.min(fit.worst, FIT.lossless);
      return value;
    case 'list':
      return coerceItems(value, type.item, fit);
    case 'set':
    case 'frozenset':
      fit.worst = FIT.converted;
      return distinct(coerceItems(value, type.item, fit));
    case 'tuple':
      return coerceTuple(value, type, fit);
    case 'dict':
      return coerceDict(value, type, fit);
    case 'literal':
      return coerceLiteral(value, type.values);
    case 'union':
      return coerceUnion(value, type.options, fit);
    case 'enum':
      return coerceEnum(value, type, fit);
    case 'complex':
      return typeof value === 'number' || (typeof value === 'string' && COMPLEX.test(value))
        ? value
        : wrong(value, 'a complex number');
    case 'bytes':
    case 'bytearray':
      return typeof value === 'string' ? value : wrong(value, 'bytes');
    case 'model':
    case 'dspy':
      return coerceClass(value, type, fit);
  }
}

const COMPLEX = /^\(?[+-]?[\d.]+(?:e[+-]?\d+)?(?:[+-][\d.]+(?:e[+-]?\d+)?)?j?\)?$/i;

function wrong(value: unknown, wanted: string): never {
  throw new Mismatch(value, wanted);
}

function coerceItems(value: unknown, item: FieldType | undefined, fit: Fit): unknown[] {
  if (!Array.isArray(value)) return wrong(value, 'a list');
  if (item === undefined) return value;
  return value.map((one, index) => Mismatch.at(index, () => coerce(one, item, fit)));
}

function distinct(items: unknown[]): unknown[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = `${typeof item}:${typeof item === 'object' ? JSON.stringify(plain(item)) : String(item)}`;
    return !seen.has(key) && seen.add(key);
  });
}

function coerceTuple(value: unknown, type: Extract<FieldType, { kind: 'tuple' }>, fit: Fit): unknown[] {
  const { items, variadic } = type;
  fit.worst = FIT.converted;
  if (items === undefined || variadic) return coerceItems(value, items?.[0], fit);
  if (!Array.isArray(value) || value.length !== items.length) return wrong(value, `a tuple of ${items.length}`);
  return items.map((item, index) => Mismatch.at(index, () => coerce(value[index], item, fit)));
}

function coerceDict(value: unknown, type: Extract<FieldType, { kind: 'dict' }>, fit: Fit): unknown {
  if (!isPlainObject(value)) return wrong(value, 'a dictionary');
  const { key, value: item } = type;
  if (key === undefined || item === undefined) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      key.kind === 'str' ? name : keyText(Mismatch.at(name, () => coerce(name, key, fit))),
      Mismatch.at(name, () => coerce(one, item, fit)),
    ]),
  );
}

function keyText(key: unknown): string {
  if (typeof key === 'boolean') return key ? 'true' : 'false';
  return String(key);
}

function isPlainObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function coerceLiteral(value: unknown, values: readonly (string | number | boolean | null)[]): unknown {
  for (const allowed of values) if (allowed === plain(value)) return allowed;
  // Python holds that 1 == 1.0 == True.
  const number = asNumber(value);
  for (const allowed of values) if (number !== undefined && asNumber(allowed) === number) return allowed;
  const list = values.map((one) => (one === null ? 'None' : JSON.stringify(one)));
  return wrong(value, list.length === 1 ? `${list[0]}` : `one of ${list.join(', ')}`);
}

function asNumber(value: unknown): number | undefined {
  const simple = plain(value);
  return typeof simple === 'number' ? simple : typeof simple === 'boolean' ? Number(simple) : undefined;
}

/** An exact number as a plain one. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof ExactFloat ? value.value : value;
}

function coerceEnum(value: unknown, type: Extract<FieldType, { kind: 'enum' }>, fit: Fit): unknown {
  fit.worst = FIT.converted;
  const found = type.members.find((member) => member.value === plain(value));
  return found === undefined
    ? wrong(value, `one of ${type.members.map((one) => JSON.stringify(one.value)).join(', ')}`)
    : found.value;
}

/** The first member that fits exactly, else the one that fits best. */
function coerceUnion(value: unknown, options: readonly FieldType[], fit: Fit): unknown {
  let best: { value: unknown; worst: number } | undefined;
  for (const option of options) {
    const own: Fit = { worst: FIT.exact };
    try {
      const made = coerce(value, option, own);
      if (best === undefined || own.worst > best.worst) best = { value: made, worst: own.worst };
      if (own.worst === FIT.exact) break;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
    }
  }
  if (best === undefined) return wrong(value, 'a value of one of the union’s types');
  fit.worst = Math.min(fit.worst, best.worst);
  return best.value;
}
