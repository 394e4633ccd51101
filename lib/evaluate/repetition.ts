import type { ExampleResult } from './report.ts';

export type Scored = Pick<ExampleResult, 'exampleId' | 'score'> & { weight?: number };

/** An example as one observation, however often it was run. */
export interface Cluster {
  exampleId: string;
  weight: number;
  /** Mean over its runs, a failed one as 0. */
  score: number;
  runs: number;
}

/**
 * One entry for each example, in order of first sight. Runs of one example resemble each other: intervals and tests that
 * took them for independent would claim a certainty nobody has.
 */
export function byExample(results: readonly Scored[]): Cluster[] {
  const clusters = new Map<string, Cluster>();
  for (const { exampleId, score, weight = 1 } of results) {
    const cluster = clusters.get(exampleId);
    if (cluster === undefined) clusters.set(exampleId, { exampleId, weight, score: score ?? 0, runs: 1 });
    else {
      cluster.runs++;
      cluster.score += ((score ?? 0) - cluster.score) / cluster.runs;
    }
  }
  return [...clusters.values()];
}

/** Standard deviation of an example's runs around their mean, pooled over the examples; null where none ran twice. */
export function deviationWithin(results: readonly Scored[]): number | null {
  const clusters = new Map(byExample(results).map((cluster) => [cluster.exampleId, cluster]));
  const freedom = results.length - clusters.size;
  if (freedom === 0) return null;
  let squares = 0;
  for (const { exampleId, score } of results) squares += ((score ?? 0) - (clusters.get(exampleId)?.score ?? 0)) ** 2;
  return Math.sqrt(squares / freedom);
}
