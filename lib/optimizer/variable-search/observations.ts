import type { History, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';
import { utilityOf } from '../utility.ts';
import type { Valued } from './gp/surrogate.ts';

/**
 * What has been learned about each assignment, from its trial with the most examples. A trial that saw only some examples
 * is moved by how much easier those are for the baseline than all of them: an easy minibatch is no merit.
 */
export function observationsOf(history: History, seen: readonly Trial[]): Valued[] {
  const baseline = seen.find((trial) => trial.work.origin === 'baseline');
  const utility = utilityOf(history, seen, baseline);
  const whole = baseline === undefined ? Number.NEGATIVE_INFINITY : utility.of(baseline);
  const best = new Map<string, Trial>();
  for (const trial of seen) {
    if (trial.work.split !== 'validation') continue;
    const key = keyOf(trial.work.assignment);
    const other = best.get(key);
    if (other === undefined || trial.outcomes.length >= other.outcomes.length) best.set(key, trial);
  }
  const known = [...best.values()].map((trial) => {
    const own = utility.of(trial);
    const partial = baseline !== undefined && trial.outcomes.length < baseline.outcomes.length;
    const shown = partial
      ? utility.over(
          baseline,
          trial.outcomes.map((outcome) => outcome.exampleId),
        )
      : whole;
    const easier = Number.isFinite(whole) && Number.isFinite(shown) ? shown - whole : 0;
    return { assignment: trial.work.assignment, value: own - easier, excess: excessOf(history, trial) };
  });
  // Outside of the limits is never better than the best inside, and the worse the farther: that is the way back. The
  // best is often at a limit, so what is only just outside still says where.
  const inside = known.filter(({ value, excess }) => excess === 0 && Number.isFinite(value)).map(({ value }) => value);
  const finite = known.map(({ value }) => value).filter(Number.isFinite);
  const top = inside.length > 0 ? Math.max(...inside) : Math.min(...finite, 0);
  const span = finite.length > 0 ? Math.max(...finite) - Math.min(...finite) || 1 : 1;
  return known.map(({ assignment, value, excess }) => {
    if (excess === 0 || value === Number.NEGATIVE_INFINITY) return { assignment, value };
    return { assignment, value: Math.min(value, top) - span * (0.02 + PRICE * excess) };
  });
}

/** Value lost for passing a limit by all of it, in spans of the values seen. */
const PRICE = 1;

/** How far a trial is outside of the objectives' limits, relative to them; 0 for inside. An unknown value is far. */
function excessOf({ objectives }: History, trial: Trial): number {
  return objectives.reduce((sum, { name, atLeast, atMost }) => {
    if (atLeast === undefined && atMost === undefined) return sum;
    const value = trial.objectives[name];
    if (value === undefined) return sum + 1;
    const over = atMost === undefined ? 0 : Math.max(0, value - atMost) / (Math.abs(atMost) || 1);
    const under = atLeast === undefined ? 0 : Math.max(0, atLeast - value) / (Math.abs(atLeast) || 1);
    return sum + over + under;
  }, 0);
}
