import { canonicalJson, type Json } from '#lib/base/json';
import { candidateId, candidateNamed, candidatesOf } from './candidates.ts';
import { matchesPattern } from './pattern.ts';
import type { Space } from './space.ts';
import type { Variable, VariableType } from './variable.ts';

type Check<K extends VariableType['kind']> = (
  value: Json,
  type: Extract<VariableType, { kind: K }>,
  variable: Variable,
  space: Pick<Space, 'candidates'>,
) => string | undefined;

const checks: { [K in VariableType['kind']]: Check<K> } = {
  float: (value, type) => numberTrouble(value, type, 'number', decimal),
  integer: (value, type) => numberTrouble(value, type, 'integer', String),
  boolean: (value) => (typeof value === 'boolean' ? undefined : `Expected boolean, got ${show(value)}`),
  choice: (value, type) => choiceTrouble(value, type.choices),
  module: (value, type) => choiceTrouble(value, type.modules),
  string: (value, type) => {
    if (typeof value !== 'string') return `Expected string, got ${show(value)}`;
    if (type.choices !== undefined) return choiceTrouble(value, type.choices);
    if (type.pattern === undefined || matchesPattern(type.pattern, value)) return undefined;
    return `Value ${show(value)} does not match pattern ${type.pattern}`;
  },
  text: (value, _type, variable, space) => {
    if (typeof value === 'string') return undefined;
    return candidateTrouble(value, variable, space, 'Expected text or {candidate: id}');
  },
  demos: (value, type, variable, space) => {
    if (!Array.isArray(value)) {
      return candidateTrouble(value, variable, space, 'Expected a list of demos or {candidate: id}');
    }
    if (type.maxDemos !== undefined && value.length > type.maxDemos) {
      return `${value.length} demos, at most ${type.maxDemos} allowed`;
    }
    const odd = value.findIndex((demo) => typeof demo !== 'object' || demo === null || Array.isArray(demo));
    return odd < 0 ? undefined : `Demo ${odd} is not an object`;
  },
  composite: () => 'is computed from other variables and cannot be set',
};

/** Why the variable cannot have this value, in the words of the old API; undefined when it can. */
export function checkValue(
  variable: Variable,
  value: Json,
  space: Pick<Space, 'candidates'> = { candidates: {} },
): string | undefined {
  const check = checks[variable.type.kind] as Check<VariableType['kind']>;
  return check(value, variable.type as never, variable, space);
}

function numberTrouble(
  value: Json,
  type: { min: number; max: number; step?: number },
  noun: 'number' | 'integer',
  text: (value: number) => string,
): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return `Expected ${noun}, got ${show(value)}`;
  if (noun === 'integer' && !Number.isInteger(value)) return `Expected integer, got ${show(value)}`;
  if (value < type.min || value > type.max) {
    return `Value ${text(value)} outside range {${text(type.min)}, ${text(type.max)}}`;
  }
  if (type.step === undefined) return undefined;
  const steps = (value - type.min) / type.step;
  if (Math.abs(steps - Math.round(steps)) < 1e-6) return undefined;
  return `Value ${text(value)} is not ${text(type.min)} plus a multiple of ${text(type.step)}`;
}

function choiceTrouble(value: Json, choices: readonly Json[]): string | undefined {
  const wanted = canonicalJson(value);
  if (choices.some((choice) => canonicalJson(choice) === wanted)) return undefined;
  return `Value ${show(value)} not in choices [${choices.slice(0, 20).map(show).join(', ')}]`;
}

function candidateTrouble(
  value: Json,
  variable: Variable,
  space: Pick<Space, 'candidates'>,
  wanted: string,
): string | undefined {
  const id = candidateId(value);
  if (id === undefined) return `${wanted}, got ${show(value)}`;
  if (candidateNamed(space, variable, id) !== undefined) return undefined;
  const known = candidatesOf(space, variable).map((candidate) => candidate.id);
  return `No candidate ${show(id)}; there are [${known.slice(0, 20).join(', ')}]`;
}

// The old API wrote floats with a decimal point.
const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** A value in a message: short, whatever a user sent. */
export function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
