import type jsonata from 'jsonata';
import { canonicalJson, type Json, type JsonObject } from '#lib/base/json';

/** Bounds of one evaluation. Generous for honest work: 50,000 steps take about a tenth of a second. */
export const LIMITS = {
  textLength: 8192,
  steps: 50_000,
  milliseconds: 1000,
  depth: 400,
  /** Members of any one sequence. */
  sequence: 100_000,
  /** UTF-16 units of any one string. */
  stringLength: 4_000_000,
  /** Values in any one result, nested ones counted as often as they occur. */
  values: 500_000,
};

/** Thrown inside JSONata; carries JSONata's own error fields so that it is reported like one. */
export class Exceeded extends Error {
  readonly code = 'DSPEX';
}

interface Budget {
  steps?: number;
  deadline?: number;
  sizes?: WeakMap<object, { length: number; size: number }>;
}
type Hook = (expr: { type?: string }, input: unknown, environment: { base: Budget }, result?: unknown) => void;

/**
 * Puts an evaluation under a step, time and size budget. The budget hangs on the evaluation's own environment, so
 * evaluations of one compiled expression that overlap do not share it.
 */
export function guard(expression: jsonata.Expression): void {
  // The type knows string names only; the two hooks have symbols for names.
  const assign = expression.assign as unknown as (name: symbol, value: Hook) => void;
  assign(Symbol.for('jsonata.__evaluate_entry'), (_expr, _input, { base }) => {
    base.steps = (base.steps ?? 0) + 1;
    if (base.steps > LIMITS.steps) throw new Exceeded(`went over its budget of ${LIMITS.steps} steps`);
    const now = performance.now();
    base.deadline ??= now + LIMITS.milliseconds;
    if (now > base.deadline) throw new Exceeded(`took longer than ${LIMITS.milliseconds} ms`);
  });
  assign(Symbol.for('jsonata.__evaluate_exit'), (_expr, _input, { base }, result) => {
    if (typeof result === 'string') checkString(result);
    else if (typeof result === 'object' && result !== null) {
      base.sizes ??= new WeakMap();
      sizeOf(result, base.sizes, 0);
    }
  });
  // JSONata's own are quadratic, or make a text of any length in one call.
  expression.registerFunction('distinct', distinct, '<x:x>');
  expression.registerFunction('pad', pad, '<s-ns?:s>');
}

function checkString(text: string): void {
  if (text.length > LIMITS.stringLength) throw new Exceeded(`made a text of over ${LIMITS.stringLength} characters`);
}

/**
 * How many values a tree unfolds to. Shared parts count each time, since printing or comparing visits them each time;
 * what was measured before is remembered, so that doubling a value thirty times costs thirty steps here, not 2^30.
 */
function sizeOf(value: object, sizes: NonNullable<Budget['sizes']>, depth: number): number {
  const members = Array.isArray(value) ? value : isFunction(value) ? [] : Object.values(value);
  const known = sizes.get(value);
  if (known !== undefined && known.length === members.length) return known.size;
  if (depth > LIMITS.depth) throw new Exceeded(`made a value that nests over ${LIMITS.depth} deep`);
  let size = 1;
  for (const member of members) {
    if (typeof member === 'object' && member !== null) size += sizeOf(member, sizes, depth + 1);
    else {
      size++;
      if (typeof member === 'string') checkString(member);
    }
    if (size > LIMITS.values) throw new Exceeded(`made a value of over ${LIMITS.values} parts`);
  }
  sizes.set(value, { length: members.length, size });
  return size;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && '_jsonata_function' in value);
}

function distinct(values: unknown): unknown {
  if (!Array.isArray(values)) return values;
  return [...new Map(values.map((value) => [canonicalJson(value), value])).values()];
}

function pad(text: string, width: number, filler = ' '): string | undefined {
  if (text === undefined) return undefined;
  if (Math.abs(width) > LIMITS.stringLength) throw new Exceeded(`asked for a text of ${Math.abs(width)} characters`);
  return width < 0 ? text.padStart(-width, filler) : text.padEnd(width, filler);
}

/** A result as plain JSON of its own: no sequence marks, nothing shared, `undefined` members left out. */
export function plainJson(value: unknown, budget = { left: LIMITS.values }): Json | undefined {
  if (--budget.left < 0) throw new Exceeded(`made a value of over ${LIMITS.values} parts`);
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    checkString(value);
    return value;
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Exceeded('gave a number that JSON cannot hold');
    return value;
  }
  if (isFunction(value)) throw new Exceeded('gave a function where a value is wanted; call it with ( )');
  if (Array.isArray(value)) return value.map((item) => plainJson(item, budget) ?? null);
  const plain: JsonObject = {};
  for (const [key, member] of Object.entries(value as object)) {
    const json = plainJson(member, budget);
    if (json === undefined) continue;
    if (key === '__proto__')
      Object.defineProperty(plain, key, { value: json, enumerable: true, writable: true, configurable: true });
    else plain[key] = json;
  }
  return plain;
}
