import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import { MetricSpecSchema } from '#lib/metric/schema';
import { strategyFaces, strategyName } from '#lib/optimizer/strategy-faces';
import { JsonValues, Name, NanoUsd, Tokens } from '../attributes.ts';
import { Balance, RunBudget } from '../budget/amounts.ts';
import { Comparison, Report } from '../evaluation/attributes.ts';
import { Warmed, WarmStart } from './warm-start.ts';

const readOnly = { readOnly: true };

/** A strategy by name (DSPy's class names are accepted) with its configuration, checked and completed with defaults. */
export const OptimizerChoice = z
  .strictObject({ strategy: z.string().max(80), config: JsonValues.default({}) })
  .transform((choice, context) => {
    try {
      const strategy = strategyName(choice.strategy);
      const config = strategyFaces[strategy]?.config.safeParse(choice.config);
      if (config?.success) return { strategy, config: config.data as JsonObject };
      for (const issue of config?.error?.issues ?? []) {
        context.addIssue({ code: 'custom', path: ['config', ...issue.path], message: issue.message });
      }
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['strategy'], message: (error as Error).message });
    }
    return z.NEVER;
  });

export const Objective = z.strictObject({
  name: z.enum(['quality', 'costNanoUsd', 'latencyMs', 'tokens']),
  goal: z.enum(['maximize', 'minimize']),
  weight: z.number().min(0).optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
});

/** What is searched, on what, by what: pinned, so that the seed reproduces the run. */
export const asked = {
  programId: z.string(),
  program: Name.meta(readOnly),
  version: z.int().min(1),
  datasetId: z.string(),
  dataset: Name.meta(readOnly),
  datasetVersion: z.int().min(1),
  metric: MetricSpecSchema,
  optimizer: z
    .union([Name, OptimizerChoice])
    .default({ strategy: 'variable_search', config: {} })
    .meta({ description: 'The name of an Optimizer, or a strategy in place.' }),
  objectives: z
    .array(Objective)
    .min(1)
    .max(4)
    .default([{ name: 'quality', goal: 'maximize' }]),
  seed: z.int().default(0),
  parallelism: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .meta({ description: 'Trials under way at the same time; part of what makes a run reproducible.' }),
  limits: z
    .strictObject({
      train: z.int().min(1).optional(),
      validation: z.int().min(1).optional(),
      test: z.int().min(1).optional(),
    })
    .default({})
    .meta({ description: 'Only the first so many examples of a split; fewer calls, wider intervals.' }),
  promote: z
    .boolean()
    .default(false)
    .meta({ description: 'Point `live` at the winner when it beats the baseline on the untouched test split.' }),
  warmStart: WarmStart.nullable().default(null).meta({
    description:
      'Learn from trials of earlier optimizations of the program, as far as their values mean something here.',
  }),
  budget: RunBudget.nullable().default(null).meta({
    description: 'What search and final measurement may take together; the search ends with the best so far.',
  }),
} as const;

export const Progress = z.object({
  phase: z.enum(['waiting', 'search', 'confirm', 'done']),
  trials: z.int(),
  calls: z.int(),
  cachedCalls: z.int().meta({ description: 'Of these, answered by earlier calls: nothing was asked of a model.' }),
  unreadModules: z.int().default(0).meta({ description: 'Modules not run, because the metric does not read them.' }),
  bestTrial: z.string().nullable(),
  bestQuality: z.number().nullable(),
  spentNanoUsd: NanoUsd,
  tokens: Tokens,
  generations: z.int().default(0).meta({ description: 'Prompts put to the teacher model.' }),
  failedGenerations: z.int().default(0).meta({ description: 'Of these, without a usable answer.' }),
  budget: Balance.nullable()
    .default(null)
    .meta({ description: 'Of its own budget, as of the last turn: spent + reserved + left is the cap, always.' }),
});

/** The winner against the baseline on the split the search never saw. */
export const Result = z.object({
  winner: z.string().nullable().meta({ description: 'The trial that won, such as `t12`.' }),
  reason: z.string(),
  assignment: JsonValues,
  version: z.int().nullable(),
  split: z.string(),
  baseline: Report.nullable(),
  optimized: Report.nullable(),
  comparison: Comparison.nullable(),
  promoted: z.boolean(),
});

export const answered = {
  strategy: OptimizerChoice.nullable().default(null).meta(readOnly),
  progress: Progress.default({
    phase: 'waiting',
    trials: 0,
    calls: 0,
    cachedCalls: 0,
    unreadModules: 0,
    bestTrial: null,
    bestQuality: null,
    spentNanoUsd: 0,
    tokens: 0,
    generations: 0,
    failedGenerations: 0,
    budget: null,
  }).meta(readOnly),
  warmed: Warmed.nullable()
    .default(null)
    .meta({ ...readOnly, description: 'What it took from earlier optimizations when it began, and what not.' }),
  /** What the final measurement takes at worst: kept out of the search's hands from the start. */
  setAside: Balance.shape.cap.nullable().default(null).meta(readOnly),
  /** What a run on one example is likely to take, before any has been seen. */
  perRun: Balance.shape.cap.nullable().default(null).meta(readOnly),
  /** Time spent searching before the last pause, and since when it searches now; milliseconds. */
  activeMs: z.number().default(0).meta(readOnly),
  activeSince: z.number().nullable().default(null).meta(readOnly),
  /** Slices that came up while it was paused; resuming sends them again. */
  parked: z.array(z.string()).default([]).meta(readOnly),
  /** The two measurements on the untouched split, once they have been started. */
  baselineEvaluation: z.string().nullable().default(null).meta(readOnly),
  optimizedEvaluation: z.string().nullable().default(null).meta(readOnly),
  winner: z.string().nullable().default(null).meta(readOnly),
  reason: z.string().nullable().default(null).meta(readOnly),
  result: Result.nullable().default(null).meta(readOnly),
  failure: z.string().nullable().default(null).meta(readOnly),
  startedAt: z.string().nullable().default(null).meta(readOnly),
  endedAt: z.string().nullable().default(null).meta(readOnly),
} as const;
