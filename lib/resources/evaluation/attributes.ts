import * as z from 'zod';
import { MetricSpecSchema } from '#lib/metric/schema';
import { Implementation, JsonValues, Name, NanoUsd, Tokens } from '../attributes.ts';

const readOnly = { readOnly: true };

export const SplitName = z.enum(['train', 'validation', 'test']);

/** What is measured: everything is pinned, so the same evaluation can be made again. */
export const asked = {
  programId: z.string(),
  program: Name.meta(readOnly),
  version: z.int().min(1),
  variables: JsonValues.default({}).meta({ description: 'Values that replace those of the version.' }),
  datasetId: z.string(),
  dataset: Name.meta(readOnly),
  datasetVersion: z.int().min(1),
  split: SplitName.nullable().default(null),
  limit: z.int().min(1).nullable().default(null).meta({ description: 'The first so many examples of the split only.' }),
  metric: MetricSpecSchema,
  metricId: z.string().nullable().default(null).meta(readOnly),
  implementation: Implementation.nullable()
    .default(null)
    .meta({ description: 'Serves every module that it can serve, whatever the module declares.' }),
  concurrency: z.int().min(1).max(1024).default(16),
  seed: z.int().default(0),
  optimizationId: z.string().nullable().default(null).meta(readOnly),
} as const;

export const Interval = z.object({ low: z.number(), high: z.number() });

/** What came out. A failed example is counted apart and as 0 in `score`. */
export const Report = z.object({
  examples: z.int(),
  scored: z.int(),
  failed: z.int(),
  degraded: z.int(),
  score: z.number().nullable(),
  interval: Interval.nullable(),
  scoreOfScored: z.number().nullable(),
  parts: z.record(z.string(), z.number()),
  failures: z.record(z.string(), z.int()),
  usage: z.object({ calls: z.int(), inputTokens: Tokens, outputTokens: Tokens }),
  costNanoUsd: NanoUsd,
  spentNanoUsd: NanoUsd,
  latencyMs: z
    .object({ mean: z.number(), p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
    .nullable(),
});

export const answered = {
  report: Report.nullable().default(null).meta(readOnly),
  failure: z.string().nullable().default(null).meta(readOnly),
  simulated: z.boolean().default(false).meta(readOnly),
  startedAt: z.string().nullable().default(null).meta(readOnly),
  endedAt: z.string().nullable().default(null).meta(readOnly),
} as const;

/** Candidate minus baseline over the examples both have; see `comparePaired`. */
export const Comparison = z.object({
  pairs: z.int(),
  unpaired: z.int(),
  difference: z.number().nullable(),
  interval: Interval.nullable(),
  pValue: z.number().nullable(),
  wins: z.int(),
  losses: z.int(),
  ties: z.int(),
  minimumDetectableEffect: z.number().nullable(),
});
