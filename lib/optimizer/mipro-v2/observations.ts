import type { Assignment } from '#lib/variable/variable';
import { EARLIER } from '../earlier/evidence.ts';
import { baselineOf } from '../propose/begin.ts';
import type { History, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';
import { type Utility, utilityOf } from '../utility.ts';

export interface Evidence {
  assignment: Assignment;
  /** Larger is better; -Infinity for a failure. */
  value: number;
  /** Was it measured on all of the validation examples? */
  full: boolean;
  /** Its trial with the most examples. */
  trial: Trial;
}

/**
 * What is known of each assignment: its full evaluation, or the mean over its minibatches of how much better it did than
 * the baseline on the very same examples, so that an easy minibatch is no merit.
 */
export function evidenceOf(history: History, seen: readonly Trial[], everything: number): Evidence[] {
  const baseline = baselineOf(seen);
  const utility = utilityOf(history, seen, baseline);
  const whole = baseline === undefined ? 0 : utility.of(baseline);
  const groups = new Map<string, Trial[]>();
  for (const trial of seen) {
    if (trial.work.split !== 'validation') continue;
    const key = keyOf(trial.work.assignment);
    groups.set(key, [...(groups.get(key) ?? []), trial]);
  }
  return Array.from(groups.values(), (trials): Evidence => {
    const trial = trials.reduce((most, other) => (other.outcomes.length > most.outcomes.length ? other : most));
    const full = trial.work.exampleIds.length >= everything;
    const value = full ? utility.of(trial) : mean(trials.map((one) => whole + gain(one, baseline, utility)));
    return { assignment: trial.work.assignment, value, full, trial };
  });
}

/** How much better than the baseline on the same examples. */
function gain(trial: Trial, baseline: Trial | undefined, utility: Utility): number {
  const own = utility.of(trial);
  if (baseline === undefined || own === Number.NEGATIVE_INFINITY) return own;
  // Was measured on all examples, of which it stands for one.
  if (trial.work.origin === EARLIER && trial.work.exampleIds.length === 0) return own - utility.of(baseline);
  const shown = utility.over(
    baseline,
    trial.outcomes.map(({ exampleId }) => exampleId),
  );
  return Number.isFinite(shown) ? own - shown : own;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
