import type { JsonObject } from '#lib/base/json';
import { comparePaired } from '#lib/evaluate/compare';

type Scored = { exampleId: string; score: number | null };

export interface SeedRun {
  seed: number;
  seconds: number;
  assignment: JsonObject;
  trials: number;
  calls: number;
  baseline: Scored[];
  optimized: Scored[];
}

/**
 * Paired test outcomes of all seeds together. Seeds share their test tickets, so their outcomes on one ticket are not
 * independent: the interval that counts resamples tickets, each with its mean difference over the seeds.
 */
export function pooled(runs: readonly SeedRun[]) {
  const named = (side: 'baseline' | 'optimized') =>
    runs.flatMap((run) => run[side].map(({ exampleId, score }) => ({ exampleId: `${run.seed}/${exampleId}`, score })));
  const byTicket = (side: 'baseline' | 'optimized') => averaged(runs.map((run) => run[side]));
  return {
    seeds: runs.map(({ seed, seconds, trials, calls, baseline, optimized }) => ({
      ...{ seed, seconds, trials, calls, test: baseline.length },
      baseline: mean(baseline.map(({ score }) => score ?? 0)),
      optimized: mean(optimized.map(({ score }) => score ?? 0)),
    })),
    pairs: comparePaired(named('baseline'), named('optimized')),
    tickets: comparePaired(byTicket('baseline'), byTicket('optimized')),
  };
}

/** Each ticket once, with its mean score over these measurements. */
export function averaged(measurements: readonly Scored[][]): { exampleId: string; score: number }[] {
  const scores = new Map<string, number[]>();
  for (const { exampleId, score } of measurements.flat())
    scores.set(exampleId, [...(scores.get(exampleId) ?? []), score ?? 0]);
  return Array.from(scores, ([exampleId, all]) => ({ exampleId, score: mean(all) }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
