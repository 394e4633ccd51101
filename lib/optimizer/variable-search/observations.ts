import type { History, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';
import { utilityOf } from '../utility.ts';
import type { Observation } from './observation.ts';

/**
 * What has been learned about each assignment, from its trial with the most examples. A trial that saw only some examples
 * is moved by how much easier those are for the baseline than all of them: an easy minibatch is no merit.
 */
export function observationsOf(history: History, seen: readonly Trial[]): Observation[] {
  const baseline = seen.find((trial) => trial.work.origin === 'baseline');
  const utility = utilityOf(history, seen, baseline);
  const whole = baseline === undefined ? Number.NEGATIVE_INFINITY : utility.of(baseline);
  return latestTrials(seen).map((trial) => {
    const own = utility.of(trial);
    const partial = baseline !== undefined && trial.outcomes.length < baseline.outcomes.length;
    const shown = partial
      ? utility.over(
          baseline,
          trial.outcomes.map((outcome) => outcome.exampleId),
        )
      : whole;
    const easier = Number.isFinite(whole) && Number.isFinite(shown) ? shown - whole : 0;
    const slacks = slacksOf(history, trial);
    return {
      assignment: trial.work.assignment,
      values: Number.isFinite(own) ? [own - easier] : null,
      ...(slacks.length > 0 ? { slacks } : {}),
    };
  });
}

/** Of each assignment the trial with the most examples. */
export function latestTrials(seen: readonly Trial[]): Trial[] {
  const latest = new Map<string, Trial>();
  for (const trial of seen) {
    if (trial.work.split !== 'validation') continue;
    const key = keyOf(trial.work.assignment);
    const other = latest.get(key);
    if (other === undefined || trial.outcomes.length >= other.outcomes.length) latest.set(key, trial);
  }
  return [...latest.values()];
}

/** What a trial leaves of each limit of the objectives; NaN where its value is unknown. */
export function slacksOf({ objectives }: History, trial: Trial): number[] {
  return objectives.flatMap(({ name, atLeast, atMost }) => {
    const value = trial.objectives[name] ?? Number.NaN;
    return [...(atMost === undefined ? [] : [atMost - value]), ...(atLeast === undefined ? [] : [value - atLeast])];
  });
}
