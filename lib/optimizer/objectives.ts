import type { ExampleOutcome, ExampleSketch, Objective, Trial } from './spec.ts';

/**
 * A score that is no number is a failure of the example: NaN and infinities would otherwise spread into every mean and
 * every comparison.
 */
export function soundOutcome(outcome: ExampleOutcome): ExampleOutcome {
  if (outcome.score === null || Number.isFinite(outcome.score)) return outcome;
  const message = `the metric gave ${outcome.score}, wanted a number`;
  return { ...outcome, score: null, failure: outcome.failure ?? { name: 'Internal', message, retryable: false } };
}

/** Weighted means over outcomes; a failed example has quality 0, and an unknown cost makes the mean cost unknown. */
export function meanObjectives(
  outcomes: readonly ExampleOutcome[],
  weights: ReadonlyMap<string, number>,
): Trial['objectives'] {
  const objectives: Trial['objectives'] = {};
  for (const name of ['quality', 'costNanoUsd', 'latencyMs', 'tokens'] as const) {
    const mean = weightedMean(outcomes, weights, (outcome) => objectiveOf(outcome, name));
    if (mean !== null) objectives[name] = mean;
  }
  return objectives;
}

export function objectiveOf(outcome: ExampleOutcome, name: Objective['name']): number | null {
  return name === 'quality' ? (outcome.score ?? 0) : outcome[name];
}

/** Null when a value is unknown or nothing has weight. */
export function weightedMean(
  outcomes: readonly ExampleOutcome[],
  weights: ReadonlyMap<string, number>,
  value: (outcome: ExampleOutcome) => number | null,
): number | null {
  let sum = 0;
  let total = 0;
  for (const outcome of outcomes) {
    const weight = weights.get(outcome.exampleId) ?? 1;
    const part = value(outcome);
    if (part === null || !Number.isFinite(part)) return null;
    sum += weight * part;
    total += weight;
  }
  return total > 0 ? sum / total : null;
}

export function weightsOf(examples: readonly ExampleSketch[]): Map<string, number> {
  return new Map(examples.map((example) => [example.id, example.weight ?? 1]));
}
