import type { Failure } from '#lib/base/failure';
import type { Values } from '#lib/signature/signature';
import type { Interval } from './interval.ts';

/** What running a program on one example gave, as the caller's `run` tells it. */
export interface ExampleRun {
  /** Absent when it failed. */
  outputs?: Values;
  failure?: Failure;
  /** Model calls made or taken from the cache. */
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** At original prices; `null` when any part is unknown. */
  costNanoUsd: number | null;
  /** Paid now; `null` when unknown, 0 on cache hits. */
  spentNanoUsd: number | null;
  /** On the plan's critical path, with the providers' original durations. */
  latencyMs: number;
  degraded?: boolean;
  /** Calls of these that an earlier, equal call had paid for. */
  cachedCalls?: number;
  /** Modules of the program that were not run, because nothing the metric reads needs them. */
  unreadModules?: number;
  /** The steps as JSON, where they were kept. */
  trace?: { sha256: string; bytes: number };
}

export interface ExampleResult extends ExampleRun {
  exampleId: string;
  weight: number;
  /** Which repetition of the example it is, from 0; absent where there is one only. */
  sample?: number;
  /** The evaluation it was taken over from, since nothing it depends on has changed. Nothing was paid for it now. */
  reusedFrom?: string;
  /** Null for an example that failed: a failure is not a score. */
  score: number | null;
  parts?: Record<string, number>;
  reason?: string;
  /** What a judging model took. Its money is in `spentNanoUsd` too, never in `costNanoUsd`. */
  judge?: Judging;
}

export interface Judging {
  calls: number;
  /** Of these, answered by earlier calls. */
  cachedCalls?: number;
  tokens: number;
  spentNanoUsd: number | null;
}

export interface EvaluationReport {
  /** `stopped`: more than `maxFailures` examples failed. What was finished is kept in every case. */
  state: 'completed' | 'cancelled' | 'stopped';
  /** In example order. Examples that were never finished are absent. */
  results: ExampleResult[];
  examples: number;
  /** Runs of the program wanted: examples times repetitions. */
  runs: number;
  finished: number;
  scored: number;
  failed: number;
  degraded: number;
  /** Weighted mean over the scored examples; null when none was scored. */
  score: number | null;
  /** Weighted mean with a failed example as 0: what an optimizer maximises. */
  scoreWithFailuresAsZero: number | null;
  /** 95% interval of `scoreWithFailuresAsZero`; repetitions of an example are one observation, their mean. */
  interval: Interval | null;
  /** Standard deviation of the repetitions of an example, pooled; null without repetitions. */
  deviationWithin: number | null;
  parts: Record<string, number>;
  failures: Record<string, number>;
  avoided: Avoided;
  /** What judging models took, all runs together; null without a judge. Its money is in `spentNanoUsd` too. */
  judge: Judging | null;
  usage: { calls: number; inputTokens: number; outputTokens: number };
  /** Sums over what is known; null when a part is unknown. */
  costNanoUsd: number | null;
  spentNanoUsd: number | null;
  latencyMs: { mean: number; p50: number; p95: number; p99: number; max: number } | null;
}

/** What did not have to be asked of a model, and why. */
export interface Avoided {
  /** Calls answered by the cache. */
  cachedCalls: number;
  /** Runs taken over from an earlier evaluation, and the calls they had made. */
  reusedRuns: number;
  reusedCalls: number;
  /** Modules, over all runs, that nothing the metric reads needs. */
  unreadModules: number;
}
