import { objectiveOf, weightsOf } from './objectives.ts';
import type { ExampleOutcome, History, Objective, Trial } from './spec.ts';

/** How good trials are, as one number: larger is better. */
export interface Utility {
  /** Weighted mean over the trial's examples; -Infinity for a trial that failed, or failed on every example. */
  of(trial: Trial): number;
  /** Of single examples, for comparisons paired on the same ones. */
  perExample(trial: Trial): Map<string, number>;
  /** Weighted mean over only these examples; -Infinity when the trial lacks one. */
  over(trial: Trial, exampleIds: readonly string[]): number;
  /** Are all limits of the objectives kept? */
  feasible(trial: Trial): boolean;
}

/**
 * The objectives weighted into one. Quality counts in points; cost, latency and tokens count relative to the `reference`
 * trial (the baseline), so that a weight says how many points of quality halving the cost is worth: half the weight. An
 * objective whose value is unknown counts as the worst one in `seen`, the trials the decision may rest on.
 */
export function utilityOf(history: History, seen: readonly Trial[], reference: Trial | undefined): Utility {
  const objectives: Objective[] =
    history.objectives.length > 0 ? history.objectives : [{ name: 'quality', goal: 'maximize' }];
  const weights = weightsOf([...history.examples.train, ...history.examples.validation]);
  const terms = objectives.map((objective) => {
    const known = reference?.objectives[objective.name];
    const scale = objective.name === 'quality' || known === undefined || known <= 0 ? 1 : known;
    const sign = objective.goal === 'maximize' ? 1 : -1;
    return { name: objective.name, factor: (sign * (objective.weight ?? 1)) / scale, worst: worst(seen, objective) };
  });
  const one = (outcome: ExampleOutcome): number =>
    terms.reduce((sum, { name, factor, worst }) => sum + factor * (objectiveOf(outcome, name) ?? worst), 0);
  const perExample = (trial: Trial): Map<string, number> =>
    new Map(trial.outcomes.map((outcome) => [outcome.exampleId, one(outcome)]));
  const useless = (trial: Trial): boolean =>
    trial.state === 'failed' || trial.outcomes.length === 0 || trial.failures >= trial.outcomes.length;
  const mean = (values: Iterable<readonly [string, number]>): number => {
    let sum = 0;
    let total = 0;
    for (const [id, value] of values) {
      const weight = weights.get(id) ?? 1;
      sum += weight * value;
      total += weight;
    }
    return total > 0 && Number.isFinite(sum) ? sum / total : Number.NEGATIVE_INFINITY;
  };
  return {
    perExample,
    of: (trial) => (useless(trial) ? Number.NEGATIVE_INFINITY : mean(perExample(trial))),
    over: (trial, exampleIds) => {
      if (useless(trial)) return Number.NEGATIVE_INFINITY;
      const values = perExample(trial);
      return mean(exampleIds.map((id) => [id, values.get(id) ?? Number.NEGATIVE_INFINITY] as const));
    },
    feasible: (trial) =>
      objectives.every(({ name, atLeast, atMost }) => {
        const value = trial.objectives[name];
        if (atLeast === undefined && atMost === undefined) return true;
        return value !== undefined && value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
      }),
  };
}

function worst(seen: readonly Trial[], { name, goal }: Objective): number {
  let value = 0;
  for (const trial of seen) {
    const seen = trial.objectives[name];
    if (seen !== undefined) value = goal === 'minimize' ? Math.max(value, seen) : Math.min(value, seen);
  }
  return value;
}
