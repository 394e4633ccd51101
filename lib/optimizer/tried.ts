import { canonicalJson } from '#lib/base/json';
import type { Assignment } from '#lib/variable/variable';
import type { Admission } from './admissible.ts';
import type { Trial } from './spec.ts';

/** The assignments of trials, to not pay for one twice. */
export function triedKeys(...trials: readonly (readonly Trial[])[]): Set<string> {
  return new Set(trials.flat().map((trial) => keyOf(trial.work.assignment)));
}

export const keyOf = (assignment: Assignment): string => canonicalJson(assignment);

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
