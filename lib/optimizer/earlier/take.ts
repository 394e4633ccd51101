import { settle } from '#lib/variable/resolve';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import type { Trial } from '../spec.ts';

/** A trial as an earlier optimization left it: values written out, as measured on all of its validation examples. */
export interface EarlierRun {
  /** `opt_.../t3`. */
  id: string;
  values: Assignment;
  objectives: Trial['objectives'];
}

export interface Taken {
  runs: EarlierRun[];
  /** Why others were left, and how many for each reason. */
  passedOver: { reason: string; trials: number }[];
}

/**
 * The runs whose values mean something in this space, in the order given, at most `limit`. A variable that has come
 * since counts with its default, which is what the program did without it; one that has gone, or a value that is no
 * longer allowed, makes a run useless here.
 */
export function takeEarlier(space: Space, runs: readonly EarlierRun[], limit: number): Taken {
  const taken: EarlierRun[] = [];
  const reasons = new Map<string, number>();
  for (const run of runs) {
    const { values, problems } = settle(space, run.values);
    const reason = problems[0]?.detail ?? (taken.length >= limit ? `more than the ${limit} wanted` : null);
    if (reason === null) taken.push({ ...run, values });
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return { runs: taken, passedOver: Array.from(reasons, ([reason, trials]) => ({ reason, trials })) };
}
