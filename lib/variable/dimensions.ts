import { canonicalJson, type Json } from '#lib/base/json';
import { candidatesOf, defaultValue } from './candidates.ts';
import { existsUnder, orderByExistence } from './existence.ts';
import type { Space } from './space.ts';
import type { Assignment, Variable } from './variable.ts';

/** A settable variable as a searcher sees it. A coordinate is in [0, 1) for numbers, an index for categories. */
export type Dimension = { name: string; variable: Variable } & (
  | {
      kind: 'number';
      /** How many values there are; Infinity for a continuous range. */
      levels: number;
      toUnit(value: number): number;
      fromUnit(unit: number): number;
    }
  | { kind: 'category'; choices: Json[]; indexOf(value: Json): number }
);

/** One coordinate per dimension; null where the variable does not exist. */
export type Point = (number | null)[];

/**
 * The settable variables, parents before children. What cannot vary (a free string, a single choice) is a category with
 * one choice, so that every assignment made from the dimensions is complete.
 */
export function dimensionsOf(space: Space): Dimension[] {
  const dimensions: Dimension[] = [];
  for (const variable of orderByExistence(space.variables).order) {
    const { type, name } = variable;
    if (type.kind === 'composite') continue;
    if (type.kind === 'float' || type.kind === 'integer') dimensions.push({ name, variable, ...numberScale(type) });
    else dimensions.push({ name, variable, ...category(choicesOf(space, variable)) });
  }
  return dimensions;
}

/** The assignment's coordinates, for a surrogate. Values outside the space become null. */
export function encode(dimensions: readonly Dimension[], assignment: Readonly<Assignment>): Point {
  return dimensions.map((dimension) => {
    const value = Object.hasOwn(assignment, dimension.name) ? assignment[dimension.name] : undefined;
    if (value === undefined) return null;
    if (dimension.kind === 'number') return typeof value === 'number' ? dimension.toUnit(value) : null;
    const index = dimension.indexOf(value);
    return index < 0 ? null : index;
  });
}

/** Coordinates as an assignment; those of variables that do not exist under the others are passed over. */
export function decode(dimensions: readonly Dimension[], point: Readonly<Point>): Assignment {
  const assignment: Assignment = {};
  for (const [index, dimension] of dimensions.entries()) {
    const coordinate = point[index];
    if (coordinate === null || coordinate === undefined || !existsUnder(dimension.variable, assignment)) continue;
    assignment[dimension.name] =
      dimension.kind === 'number' ? dimension.fromUnit(coordinate) : (dimension.choices[coordinate] as Json);
  }
  return assignment;
}

/** The assignment of a program nobody has optimized, candidates named. Numbers without a default stand in the middle. */
export function defaultAssignment(dimensions: readonly Dimension[]): Assignment {
  const assignment: Assignment = {};
  for (const dimension of dimensions) {
    if (!existsUnder(dimension.variable, assignment)) continue;
    if (dimension.kind === 'number') {
      const value = defaultValue(dimension.variable);
      assignment[dimension.name] = value ?? dimension.fromUnit(0.5);
    } else {
      const value = dimension.variable.type.kind === 'boolean' ? (dimension.variable.default ?? false) : undefined;
      const start = value ?? defaultValue(dimension.variable);
      const index = start === undefined ? 0 : Math.max(0, dimension.indexOf(start));
      assignment[dimension.name] = dimension.choices[index] as Json;
    }
  }
  return assignment;
}

function choicesOf(space: Space, variable: Variable): Json[] {
  const { type } = variable;
  if (type.kind === 'boolean') return [false, true];
  if (type.kind === 'choice') return type.choices;
  if (type.kind === 'module') return type.modules;
  if (type.kind === 'text' || type.kind === 'demos') {
    return candidatesOf(space, variable).map(({ id }) => ({ candidate: id }));
  }
  if (type.kind === 'string' && type.choices !== undefined) return type.choices;
  return [defaultValue(variable) ?? ''];
}

function category(choices: Json[]): Omit<Extract<Dimension, { kind: 'category' }>, 'name' | 'variable'> {
  // Texts, the usual choices, are their own key; no JSON begins with a quote that is not closed.
  const key = (value: Json): string => (typeof value === 'string' ? `"${value}` : canonicalJson(value));
  const places = new Map(choices.map((choice, index) => [key(choice), index]));
  return { kind: 'category', choices, indexOf: (value) => places.get(key(value)) ?? -1 };
}

type Scale = Omit<Extract<Dimension, { kind: 'number' }>, 'name' | 'variable'>;

function numberScale(type: {
  kind: 'float' | 'integer';
  min: number;
  max: number;
  step?: number;
  log?: boolean;
}): Scale {
  const { min, max, log } = type;
  const inside = (value: number): number => Math.min(max, Math.max(min, value));
  if (type.kind === 'integer' && log === true) {
    // Half a unit beyond both ends, so that the first and last integer get their full share.
    const low = Math.log(min - 0.5);
    const width = Math.log(max + 0.5) - low;
    return {
      kind: 'number',
      levels: max - min + 1,
      toUnit: (value) => (Math.log(value) - low) / width,
      fromUnit: (unit) => inside(Math.round(Math.exp(low + unit * width))),
    };
  }
  const step = type.step ?? (type.kind === 'integer' ? 1 : undefined);
  if (step !== undefined) {
    const levels = Math.floor((max - min) / step + 1e-9) + 1;
    return {
      kind: 'number',
      levels,
      toUnit: (value) => (Math.round((value - min) / step) + 0.5) / levels,
      // 12 digits: 0.1 + 2 * 0.1 is meant to be 0.3.
      fromUnit: (unit) => Number((min + Math.min(levels - 1, Math.floor(unit * levels)) * step).toPrecision(12)),
    };
  }
  const low = log === true ? Math.log(min) : min;
  const width = (log === true ? Math.log(max) : max) - low;
  return {
    kind: 'number',
    levels: width > 0 ? Number.POSITIVE_INFINITY : 1,
    toUnit: (value) => (width > 0 ? ((log === true ? Math.log(value) : value) - low) / width : 0.5),
    fromUnit: (unit) => inside(log === true ? Math.exp(low + unit * width) : low + unit * width),
  };
}
