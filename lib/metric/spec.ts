import type { Values } from '#lib/signature/signature';

export type MetricSpec =
  | { kind: 'exact_match'; output: string; label?: string; normalize?: boolean }
  | { kind: 'f1'; output: string; label?: string }
  | { kind: 'contains'; output: string; label?: string }
  | { kind: 'numeric'; output: string; label?: string; tolerance?: number; relative?: boolean }
  | { kind: 'composite'; parts: { metric: MetricSpec; weight: number; name?: string; atLeast?: number }[] };

export interface Score {
  /** In [0, 1]. */
  value: number;
  /** Of a composite, by part name. */
  parts?: Record<string, number>;
  reason?: string;
}

/** Pure. Throws only for a missing label or output, which is a failure of the example, not a score of 0. */
export type ScoreFunction = (labels: Values, outputs: Values) => Score;
