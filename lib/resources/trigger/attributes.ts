import { Cron } from 'croner';
import * as z from 'zod';
import { Name } from '../attributes.ts';
import { asked as evaluated } from '../evaluation/attributes.ts';
import { asked as optimized } from '../optimization/attributes.ts';

const reference = z.string().min(1).max(200).meta({ description: 'Name or id.' });

const Schedule = z
  .string()
  .max(200)
  .superRefine((pattern, context) => {
    try {
      // Five fields: a schedule by the second would start more than it measures.
      new Cron(pattern, { paused: true, mode: '5-part' });
    } catch (error) {
      context.addIssue({ code: 'custom', message: `not a cron pattern of five fields: ${(error as Error).message}` });
    }
  });

/** What sets a trigger off. A filter that is absent lets everything through. */
export const On = z
  .discriminatedUnion('event', [
    z.strictObject({ event: z.literal('dataset_version'), dataset: reference.optional() }),
    z.strictObject({ event: z.literal('program_version'), program: reference.optional() }),
    z.strictObject({ event: z.literal('promotion'), program: reference.optional(), alias: Name.default('live') }),
    z.strictObject({
      event: z.literal('object_uploaded'),
      bucket: z.string().max(255).optional(),
      prefix: z.string().max(1024).default(''),
      suffix: z.string().max(1024).default(''),
    }),
    z.strictObject({ event: z.literal('cron'), schedule: Schedule, timezone: z.string().max(64).default('UTC') }),
    z.strictObject({
      event: z.literal('execution'),
      program: reference.optional(),
      alias: Name.optional(),
      share: z.number().gt(0).max(1).default(0.1).meta({ description: 'Of completed executions, chosen by their id.' }),
    }),
  ])
  .meta({ id: 'TriggerOn' });
export type On = z.output<typeof On>;

/** The program, and which version, default to what the event is about. */
const which = {
  program: reference.optional(),
  version: z.int().min(1).optional(),
  alias: Name.optional(),
  dataset: reference.optional(),
  metric: z.union([Name, evaluated.metric]),
};

/** What happens then. */
export const Start = z
  .discriminatedUnion('start', [
    z.strictObject({
      start: z.literal('evaluation'),
      ...which,
      ...{ split: evaluated.split, limit: evaluated.limit, variables: evaluated.variables },
      ...{ implementation: evaluated.implementation, concurrency: evaluated.concurrency, seed: evaluated.seed },
    }),
    z.strictObject({
      start: z.literal('optimization'),
      ...which,
      ...{ optimizer: optimized.optimizer, objectives: optimized.objectives, seed: optimized.seed },
      ...{ parallelism: optimized.parallelism, limits: optimized.limits, promote: optimized.promote },
      budget: optimized.budget,
    }),
    z.strictObject({
      start: z.literal('score'),
      metric: z.union([Name, evaluated.metric]).meta({ description: 'One that reads no labels: a judge, a pattern.' }),
    }),
  ])
  .meta({ id: 'TriggerStart' });
export type Start = z.output<typeof Start>;

/** What happened, as far as a firing needs it. */
export const Happened = z.strictObject({
  programId: z.string().optional(),
  version: z.int().optional(),
  datasetId: z.string().optional(),
  datasetVersion: z.int().optional(),
  executionId: z.string().optional(),
});
export type Happened = z.output<typeof Happened>;
