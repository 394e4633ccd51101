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
  concurrency: z
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .meta({ description: 'Examples at a time. Default: as many as its models may be asked at once, else 16.' }),
  seed: z.int().default(0).meta({ description: 'Of the resampling and of the folds.' }),
  repetitions: z
    .int()
    .min(1)
    .max(100)
    .default(1)
    .meta({ description: 'Runs of each example, each with its own draws; intervals count an example once.' }),
  folds: z.int().min(2).max(100).nullable().default(null).meta({
    description: 'Scores of so many seeded parts of the examples as well: how much the choice of data matters.',
  }),
  reuse: z
    .string()
    .nullable()
    .default(null)
    .meta({ description: 'An earlier evaluation: outcomes that nothing has changed for are taken over from it.' }),
  traces: z.boolean().default(false).meta({ description: 'Keep the steps of every example, to be read as its trace.' }),
  optimizationId: z.string().nullable().default(null).meta(readOnly),
} as const;

export const Interval = z.object({ low: z.number(), high: z.number() });

const Avoided = z.object({
  cachedCalls: z.int(),
  reusedRuns: z.int(),
  reusedCalls: z.int(),
  unreadModules: z.int(),
});

const Folds = z.object({
  scores: z.array(z.object({ examples: z.int(), score: z.number().nullable() })),
  mean: z.number().nullable(),
  deviation: z.number().nullable(),
});

/** What came out. A failed example is counted apart and as 0 in `score`. */
export const Report = z.object({
  examples: z.int(),
  runs: z
    .int()
    .nullable()
    .default(null)
    .meta({ description: 'Examples times repetitions; `scored` and `failed` count these.' }),
  scored: z.int(),
  failed: z.int(),
  degraded: z.int(),
  score: z.number().nullable(),
  interval: Interval.nullable(),
  scoreOfScored: z.number().nullable(),
  deviationWithin: z
    .number()
    .nullable()
    .default(null)
    .meta({ description: 'Standard deviation of repetitions of one example.' }),
  folds: Folds.nullable().default(null),
  avoided: Avoided.nullable().default(null).meta({
    description:
      'Model calls not made: answered by the cache, taken over from `reuse`; modules the metric does not read.',
  }),
  judge: z
    .object({ calls: z.int(), cachedCalls: z.int().default(0), tokens: z.int(), spentNanoUsd: NanoUsd })
    .nullable()
    .default(null)
    .meta({ description: 'What judging models took; its money is in `spentNanoUsd` too, its tokens not in `usage`.' }),
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
  deviation: z.number().nullable().default(null).meta({ description: 'Standard deviation of the differences.' }),
});

/** What an evaluation would take, and what it could show. */
export const Plan = z.object({
  examples: z.int(),
  runs: z.int(),
  moduleRuns: z.int().meta({ description: 'Runs of modules that the metric needs; a map counts as one item.' }),
  pairs: z.int().meta({ description: 'Examples another version would be compared on.' }),
  deviation: z.number(),
  deviationFrom: z.enum(['given', 'measured', 'assumed']),
  minimumDetectableEffect: z
    .number()
    .nullable()
    .meta({ description: 'The smallest true difference these pairs show four times out of five; null below two.' }),
  pairsWanted: z.int().nullable().meta({ description: 'So many pairs would show `effect`.' }),
});
