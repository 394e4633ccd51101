import { canonicalJson } from '#lib/base/json';
import type { Assignment } from '#lib/variable/variable';
import type { Admission } from './admissible.ts';
import type { Trial } from './spec.ts';

/** The assignments of trials, to not pay for one twice. */
export function triedKeys(...trials: readonly (readonly Trial[])[]): Set<string> {
  return new Set(trials.flat().map((trial) => keyOf(trial.work.assignment)));
}

// An assignment is asked for its key once per ask and trial, and never changes.
const keys = new WeakMap<Assignment, string>();

/** Equal assignments have equal keys. */
export function keyOf(assignment: Assignment): string {
  const known = keys.get(assignment);
  if (known !== undefined) return known;
  const key = canonicalJson(assignment);
  keys.set(assignment, key);
  return key;
}

/** The first proposal that is new and admissible; null when `attempts` of them were neither. */
export async function firstFresh(
  propose: (attempt: number) => Assignment | null,
  attempts: number,
  tried: ReadonlySet<string>,
  admission: Admission,
): Promise<Assignment | null> {
  const seen = new Set(tried);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const assignment = propose(attempt);
    if (assignment === null) return null;
    const key = keyOf(assignment);
    if (seen.has(key)) continue;
    seen.add(key);
    if ((await admission(assignment)) === null) return assignment;
  }
  return null;
}
