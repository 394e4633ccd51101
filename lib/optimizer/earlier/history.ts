import { canonicalJson } from '#lib/base/json';
import { candidatesOf } from '#lib/variable/candidates';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { startSpace } from '../propose/space.ts';
import type { EarlierTrial, History } from '../spec.ts';
import type { EarlierRun } from './take.ts';

/**
 * The history of a search that knows what earlier ones found out: texts and demo sets of theirs become candidates `w0`,
 * `w1` ... of the space, behind those there are, and their trials are there to learn from.
 */
export function withEarlier(history: History, runs: readonly EarlierRun[], again: number): History {
  let space = startSpace(history);
  const trials: EarlierTrial[] = [];
  for (const { id, values, objectives } of runs) {
    const assignment: Assignment = { ...values };
    for (const { name, type } of space.variables) {
      if ((type.kind !== 'text' && type.kind !== 'demos') || !Object.hasOwn(values, name)) continue;
      const named = nameOf(space, name, values);
      space = named.space;
      assignment[name] = { candidate: named.candidate };
    }
    trials.push({ id, assignment, objectives });
  }
  return { ...history, space, earlier: { trials, again } };
}

/** The candidate with this very content; made when there is none. */
function nameOf(space: Space, name: string, values: Assignment): { space: Space; candidate: string } {
  const variable = space.variables.find((one) => one.name === name);
  const value = values[name] ?? null;
  const text = canonicalJson(value);
  const all = variable === undefined ? [] : candidatesOf(space, variable);
  const known = all.find((candidate) => canonicalJson(candidate.value) === text);
  if (known !== undefined) return { space, candidate: known.id };
  const own = space.candidates[name] ?? {};
  const candidate = `w${Object.keys(own).filter((id) => /^w\d+$/.test(id)).length}`;
  return {
    space: { ...space, candidates: { ...space.candidates, [name]: { ...own, [candidate]: value } } },
    candidate,
  };
}
