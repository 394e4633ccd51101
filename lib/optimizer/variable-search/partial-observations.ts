import { EARLIER } from '../earlier/evidence.ts';
import { weightsOf } from '../objectives.ts';
import type { History, Trial } from '../spec.ts';
import { type Utility, utilityOf } from '../utility.ts';
import type { Observation } from './observation.ts';
import { latestTrials, slacksOf } from './observations.ts';

// Rounds of the alternation; the effects change by less than a hundredth of a point after so many.
const ROUNDS = 12;
// An example's effect is believed as if one more program had found it to be none.
const PRIOR = 1;
/** Of a score's variance about its program's and its example's effects, before there is enough to estimate it from. */
const VARIANCE = 0.15;
const PRIOR_COUNT = 20;

/**
 * What has been learned about each assignment where most have seen only some of the examples: the effect of its program,
 * fitted together with those of the examples, so that easy ones are no merit, and how uncertain it is for the examples
 * that it has not seen. Whoever has seen all of them has its own mean, exactly. `among`: the examples that the value is
 * meant for, by default those of the split; among infinitely many nobody has seen all.
 */
export function partialObservationsOf(
  history: History,
  seen: readonly Trial[],
  among: number = history.examples.validation.length,
): Observation[] {
  const baseline = seen.find((trial) => trial.work.origin === 'baseline');
  const utility = utilityOf(history, seen, baseline);
  const latest = latestTrials(seen);
  const rows = latest.filter((trial) => isMeasured(trial, utility)).map(utility.perExample);
  const effects = effectsOf(history, rows, among);
  return latest.map((trial) => {
    const own = utility.of(trial);
    const slacks = slacksOf(history, trial);
    const { value, variance } = isMeasured(trial, utility)
      ? effects(utility.perExample(trial))
      : { value: own, variance: 0 };
    return {
      assignment: trial.work.assignment,
      values: Number.isFinite(own) ? [value] : null,
      variance,
      ...(slacks.length > 0 ? { slacks } : {}),
    };
  });
}

/** Not failed, and not one of an earlier optimization, of which only the mean is known. */
const isMeasured = (trial: Trial, utility: Utility): boolean =>
  trial.work.origin !== EARLIER && Number.isFinite(utility.of(trial));

type Scores = ReadonlyMap<string, number>;

/** Program and example effects by alternating means; gives what one program's scores say of it on all examples. */
function effectsOf(
  history: History,
  rows: readonly Scores[],
  among: number,
): (scores: Scores) => { value: number; variance: number } {
  const all = history.examples.validation.map(({ id }) => id);
  const weights = weightsOf(history.examples.validation);
  const weight = (id: string): number => weights.get(id) ?? 1;
  const mean = (ids: Iterable<string>, of: (id: string) => number): number => {
    let [sum, total] = [0, 0];
    for (const id of ids) {
      sum += weight(id) * of(id);
      total += weight(id);
    }
    return total > 0 ? sum / total : 0;
  };
  const effect = new Map<string, number>();
  const without = (scores: Scores) => mean(scores.keys(), (id) => (scores.get(id) ?? 0) - (effect.get(id) ?? 0));
  for (let round = 0; round < ROUNDS; round++) {
    const means = rows.map(without);
    for (const id of all) {
      let [sum, count] = [0, PRIOR];
      for (const [k, scores] of rows.entries()) {
        const score = scores.get(id);
        if (score === undefined) continue;
        sum += score - (means[k] ?? 0);
        count += 1;
      }
      effect.set(id, sum / count);
    }
    const middle = mean(all, (id) => effect.get(id) ?? 0);
    for (const id of all) effect.set(id, (effect.get(id) ?? 0) - middle);
  }
  let [squares, count] = [PRIOR_COUNT * VARIANCE, PRIOR_COUNT - all.length];
  for (const scores of rows) {
    const own = without(scores);
    count -= 1;
    for (const [id, score] of scores) {
      squares += (score - (effect.get(id) ?? 0) - own) ** 2;
      count += 1;
    }
  }
  const residual = squares / Math.max(PRIOR_COUNT, count);
  return (scores) => ({
    value: without(scores),
    variance: Math.max(0, residual * (1 / scores.size - 1 / among)),
  });
}
