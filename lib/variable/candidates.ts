import { canonicalJson, isJsonObject, type Json } from '#lib/base/json';
import type { Space } from './space.ts';
import type { Assignment, Variable } from './variable.ts';

export interface Candidate {
  id: string;
  value: Json;
}

/**
 * What a `text` or `demos` variable may be, each value once: its default (`default`), then those listed in its type
 * (`c0`, `c1` ...), then those the space proposes, in their order. An undefaulted demo set is the empty one.
 */
export function candidatesOf(space: Pick<Space, 'candidates'>, variable: Variable): Candidate[] {
  const found: Candidate[] = [];
  const seen = new Set<string>();
  const add = (id: string, value: Json): void => {
    const text = canonicalJson(value);
    if (!seen.has(text)) found.push({ id, value });
    seen.add(text);
  };
  const start = defaultValue(variable);
  if (start !== undefined) add('default', start);
  const { type } = variable;
  if (type.kind === 'text' || type.kind === 'demos') {
    for (const [index, value] of (type.candidates ?? []).entries()) add(`c${index}`, value);
  }
  const proposed = Object.hasOwn(space.candidates, variable.name) ? space.candidates[variable.name] : undefined;
  for (const [id, value] of Object.entries(proposed ?? {})) add(id, value);
  return found;
}

/** The value a program nobody has optimized has; undefined when only a caller can say. */
export function defaultValue(variable: Variable): Json | undefined {
  if (variable.default !== undefined) return variable.default;
  const { type } = variable;
  if (type.kind === 'choice' || type.kind === 'string') return type.choices?.[0];
  if (type.kind === 'module') return type.modules[0];
  if (type.kind === 'text') return type.candidates?.[0];
  if (type.kind === 'demos') return [];
  return undefined;
}

/** `{candidate: "d3"}`, the way an assignment names a proposal. */
export function candidateId(value: Json | undefined): string | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  return typeof value.candidate === 'string' ? value.candidate : undefined;
}

/** Every `{candidate: id}` of a `text` or `demos` variable replaced by what it names; an unknown id is left as it is. */
export function materialize(space: Space, assignment: Assignment): Assignment {
  const result: Assignment = { ...assignment };
  for (const variable of space.variables) {
    if (variable.type.kind !== 'text' && variable.type.kind !== 'demos') continue;
    const id = candidateId(assignment[variable.name]);
    if (id === undefined) continue;
    const candidate = candidateNamed(space, variable, id);
    if (candidate !== undefined) result[variable.name] = candidate.value;
  }
  return result;
}

export function candidateNamed(
  space: Pick<Space, 'candidates'>,
  variable: Variable,
  id: string,
): Candidate | undefined {
  const found = candidatesOf(space, variable).find((candidate) => candidate.id === id);
  if (found !== undefined) return found;
  // A proposal equal to an earlier candidate is not offered twice, but its own id stays good.
  const proposed = space.candidates[variable.name];
  if (proposed !== undefined && Object.hasOwn(proposed, id)) return { id, value: proposed[id] as Json };
  const listed = /^c(\d+)$/.exec(id);
  if (listed === null || !('candidates' in variable.type)) return undefined;
  const value = variable.type.candidates?.[Number(listed[1])];
  return value === undefined ? undefined : { id, value };
}
