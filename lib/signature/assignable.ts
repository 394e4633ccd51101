import { formatType } from './print.ts';
import type { FieldType } from './signature.ts';

/**
 * May a value of type `from` stand where `to` is declared? The check of a program graph: it refuses what cannot work
 * and lets pass what may (`Any`, a union that contains the type). An int is a float; everything can be shown to a model
 * as text, but only text, and types made of it, is a `str`.
 */
export function assignable(from: FieldType, to: FieldType): boolean {
  if (to.kind === 'any' || from.kind === 'any') return true;
  if (from.kind === 'union') return from.options.every((option) => assignable(option, to));
  if (to.kind === 'union') return to.options.some((option) => assignable(from, option));
  if (from.kind === 'literal') return from.values.every((value) => literalFits(value, to));
  if (from.kind === 'enum')
    return to.kind === 'enum' ? sameClass(from, to) : from.members.every(({ value }) => literalFits(value, to));
  if (from.kind === 'int' && to.kind === 'float') return true;
  if (isText(from) && isText(to)) return true;
  if (isList(from) && isList(to)) return itemsFit(from, to);
  if (from.kind === 'dict' && to.kind === 'dict')
    return optional(from.key, to.key, assignable) && optional(from.value, to.value, assignable);
  if (from.kind === 'dspy' && to.kind === 'dspy') return from.name === to.name;
  if (from.kind === 'model' && to.kind === 'model') return sameClass(from, to);
  // A class arrives as an object and an object may hold what a class wants.
  if (from.kind === 'model' && to.kind === 'dict') return true;
  if (from.kind === 'dict' && to.kind === 'model') return true;
  return from.kind === to.kind;
}

const TEXT_TYPES = new Set(['Code', 'Reasoning']);

function isText(type: FieldType): boolean {
  return type.kind === 'str' || (type.kind === 'dspy' && TEXT_TYPES.has(type.name));
}

type ListType = Extract<FieldType, { kind: 'list' | 'set' | 'frozenset' | 'tuple' }>;

/** All of them are lists in JSON. */
function isList(type: FieldType): type is ListType {
  return type.kind === 'list' || type.kind === 'set' || type.kind === 'frozenset' || type.kind === 'tuple';
}

function itemsFit(from: ListType, to: ListType): boolean {
  if (from.kind === 'tuple' && to.kind === 'tuple' && !from.variadic && !to.variadic && from.items && to.items) {
    const wanted = to.items;
    return (
      from.items.length === wanted.length &&
      from.items.every((item, index) => optional(item, wanted[index], assignable))
    );
  }
  const given = itemTypes(from);
  const wanted = itemTypes(to);
  if (given === undefined || wanted === undefined) return true;
  return given.every((one) => wanted.every((other) => assignable(one, other)));
}

function itemTypes(type: ListType): FieldType[] | undefined {
  if (type.kind === 'tuple') return type.items;
  return type.item === undefined ? undefined : [type.item];
}

function optional(
  from: FieldType | undefined,
  to: FieldType | undefined,
  check: (from: FieldType, to: FieldType) => boolean,
): boolean {
  return from === undefined || to === undefined || check(from, to);
}

function literalFits(value: string | number | boolean | null, to: FieldType): boolean {
  switch (to.kind) {
    case 'literal':
      return to.values.includes(value);
    case 'enum':
      return to.members.some((member) => member.value === value);
    case 'none':
      return value === null;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
    case 'float':
      return typeof value === 'number';
    default:
      return typeof value === 'string' && isText(to);
  }
}

function sameClass(from: FieldType, to: FieldType): boolean {
  return formatType(from) === formatType(to);
}
