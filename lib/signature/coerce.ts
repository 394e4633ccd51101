import { coerceClass } from './coerce-class.ts';
import { coerceScalar, plain, type Scalar, wrong } from './coerce-scalar.ts';
import { FIT, type Fit } from './fit.ts';
import { Mismatch } from './mismatch.ts';
import type { FieldType } from './signature.ts';

/**
 * The value a type's pydantic validator makes of a JSON value, in its lax mode: "3" is an int, "yes" a bool, 1 a float,
 * but 1 is no str. Throws Mismatch. A set keeps its order; what JSON cannot hold stays as JSON would hold it.
 */
export function coerce(value: unknown, type: FieldType, fit: Fit = { worst: FIT.exact }): unknown {
  switch (type.kind) {
    case 'str':
    case 'int':
    case 'float':
    case 'bool':
    case 'none':
    case 'any':
    case 'literal':
      return coerceScalar(value, type as Scalar, fit);
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
