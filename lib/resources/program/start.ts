import * as z from 'zod';
import { JsonValues, Name } from '../attributes.ts';
import type { Context } from '../define.ts';
import { asked as evaluationAsked } from '../evaluation/attributes.ts';
import { accepted as evaluationAccepted } from '../evaluation/follow.ts';
import { asked as executionAsked } from '../execution/attributes.ts';
import { accepted as executionAccepted } from '../execution/follow.ts';
import { asked as optimizationAsked } from '../optimization/attributes.ts';
import { accepted as optimizationAccepted } from '../optimization/follow.ts';
import { type Aliases, pick } from './alias.ts';
import { chosen, type Fronts, preferenceInput, preferenceOf } from './front.ts';
import { pinned } from './measured.ts';

interface Started {
  id: string;
  name: string;
  aliases: Aliases;
  fronts: Fronts;
  latestVersion?: number;
}
type Input<S extends z.ZodRawShape> = z.output<z.ZodObject<S>>;

/** Where a version's number comes from: given, or the one an alias points at, or the newest. */
export const which = { version: z.int().min(1).optional(), alias: z.string().optional() };

const measuring = {
  ...which,
  dataset: z.string().meta({ description: 'Name or id.' }),
  datasetVersion: z.int().min(1).optional(),
  metric: z.union([Name, evaluationAsked.metric]).meta({ description: 'The name of a Metric, or one in place.' }),
};

export const runInput = {
  ...which,
  input: JsonValues,
  variables: JsonValues.default({}),
  implementation: executionAsked.implementation,
  sticky: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .meta({ description: 'While runs are being shifted, those of one key are served by the same version.' }),
  tags: z.record(z.string(), z.string()).default({}),
  ...preferenceInput,
};

/** An execution of the version that is asked for, or that serves what is preferred best. */
export async function startRun(program: Started, asked: Input<typeof runInput>, ctx: Context) {
  const { input, variables, implementation, tags } = asked;
  const preference = preferenceOf(asked);
  const { version, alias } =
    preference === null
      ? pick(program, { ...asked, sticky: asked.sticky ?? ctx.newId('run') })
      : { version: chosen(program, preference).version, alias: preference.alias };
  const created = await ctx.dispatch<{ id: string }>({
    resource: 'Execution',
    action: 'create',
    input: { programId: program.id, version, alias, input, variables, implementation, tags, preference },
  });
  return executionAccepted(created.id, ctx);
}

export const evaluateInput = {
  ...measuring,
  split: evaluationAsked.split,
  limit: evaluationAsked.limit,
  variables: evaluationAsked.variables,
  implementation: evaluationAsked.implementation,
  concurrency: evaluationAsked.concurrency,
  seed: evaluationAsked.seed,
  repetitions: evaluationAsked.repetitions,
  folds: evaluationAsked.folds,
  reuse: evaluationAsked.reuse,
  traces: evaluationAsked.traces,
};

export async function startEvaluation(program: Started, asked: Input<typeof evaluateInput>, ctx: Context) {
  const input = await pinned(program, asked, ctx);
  const created = await ctx.dispatch<{ id: string }>({ resource: 'Evaluation', action: 'create', input });
  return evaluationAccepted(created.id, ctx);
}

export const optimizeInput = {
  ...measuring,
  optimizer: optimizationAsked.optimizer,
  objectives: optimizationAsked.objectives,
  seed: optimizationAsked.seed,
  parallelism: optimizationAsked.parallelism,
  limits: optimizationAsked.limits,
  promote: optimizationAsked.promote,
  warmStart: optimizationAsked.warmStart,
  budget: optimizationAsked.budget,
};

export async function startOptimization(program: Started, asked: Input<typeof optimizeInput>, ctx: Context) {
  const input = await pinned(program, asked, ctx);
  const created = await ctx.dispatch<{ id: string }>({ resource: 'Optimization', action: 'create', input });
  return optimizationAccepted(created.id, ctx);
}
