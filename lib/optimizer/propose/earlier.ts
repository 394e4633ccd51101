import { canonicalJson, type Json } from '#lib/base/json';
import { candidatesOf } from '#lib/variable/candidates';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import type { History } from '../spec.ts';

// Each is a whole prompt; the best few are worth trying again, the others only told.
const MOST_CANDIDATES = 8;

/** The space with the texts and demo sets of earlier optimizations as candidates (`e0`, `e1` ...), the best first. */
export function earlierCandidates(history: History, space: Space): Space {
  if (history.earlier === undefined || history.earlier.length === 0) return space;
  const candidates = { ...space.candidates };
  const best = [...history.earlier].sort((a, b) => (b.objectives.quality ?? 0) - (a.objectives.quality ?? 0));
  for (const variable of space.variables) {
    if (variable.type.kind !== 'text' && variable.type.kind !== 'demos') continue;
    const known = new Set(candidatesOf({ candidates }, variable).map(({ value }) => canonicalJson(value)));
    let count = 0;
    for (const { assignment } of best) {
      const value = assignment[variable.name];
      if (value === undefined || known.has(canonicalJson(value)) || count === MOST_CANDIDATES) continue;
      known.add(canonicalJson(value));
      candidates[variable.name] = { ...candidates[variable.name], [`e${count++}`]: value };
    }
  }
  return { ...space, candidates };
}

/** An earlier assignment in this space: its texts and demo sets by the names they have here; null when one has none. */
export function renamed(space: Space, assignment: Assignment): Assignment | null {
  const result: Assignment = {};
  for (const variable of space.variables) {
    const value = assignment[variable.name];
    if (value === undefined || variable.type.kind === 'composite') continue;
    const named =
      variable.type.kind === 'text' || variable.type.kind === 'demos' ? nameOf(space, variable, value) : value;
    if (named === null) return null;
    result[variable.name] = named;
  }
  return result;
}

function nameOf(space: Space, variable: Space['variables'][number], value: Json): Json {
  const found = candidatesOf(space, variable).find(
    (candidate) => canonicalJson(candidate.value) === canonicalJson(value),
  );
  return found === undefined ? null : { candidate: found.id };
}
