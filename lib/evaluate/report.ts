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
  /** Where the trace is. */
  executionId?: string;
}

export interface ExampleResult extends ExampleRun {
  exampleId: string;
  weight: number;
  /** Null for an example that failed: a failure is not a score. */
  score: number | null;
  parts?: Record<string, number>;
  reason?: string;
  /** What a judging model took. Its money is in `spentNanoUsd` too, never in `costNanoUsd`. */
  judge?: { calls: number; tokens: number; spentNanoUsd: number | null };
}

export interface EvaluationReport {
  /** `stopped`: more than `maxFailures` examples failed. What was finished is kept in every case. */
  state: 'completed' | 'cancelled' | 'stopped';
  /** In example order. Examples that were never finished are absent. */
  results: ExampleResult[];
  examples: number;
  finished: number;
  scored: number;
  failed: number;
  degraded: number;
  /** Weighted mean over the scored examples; null when none was scored. */
  score: number | null;
  /** Weighted mean with a failed example as 0: what an optimizer maximises. */
  scoreWithFailuresAsZero: number | null;
  /** 95% interval of `scoreWithFailuresAsZero`. */
  interval: Interval | null;
  parts: Record<string, number>;
  failures: Record<string, number>;
  usage: { calls: number; inputTokens: number; outputTokens: number };
  /** Sums over what is known; null when a part is unknown. */
  costNanoUsd: number | null;
  spentNanoUsd: number | null;
  latencyMs: { mean: number; p50: number; p95: number; p99: number; max: number } | null;
}
