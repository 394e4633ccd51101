import * as z from 'zod';
import { Implementation, JsonValues, Name, NanoUsd, Tokens } from '../attributes.ts';
import { FrontPoint, Preference } from '../program/front.ts';

const readOnly = { readOnly: true };

export const FailureJson = z.object({
  name: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterSeconds: z.number().optional(),
  details: JsonValues.optional(),
});

export const Usage = z.object({ calls: z.int(), inputTokens: Tokens, outputTokens: Tokens, cacheHits: z.int() });

/** What one run was asked to do; none of it ever changes. */
export const asked = {
  programId: z.string(),
  program: Name.meta(readOnly),
  version: z.int().min(1),
  alias: z.string().nullable().default(null),
  preference: Preference.nullable()
    .default(null)
    .meta({ description: 'What the request preferred among the versions of a front.' }),
  input: JsonValues,
  variables: JsonValues.default({}).meta({
    description: 'Values that replace those of the version, for this run only.',
  }),
  implementation: Implementation.nullable()
    .default(null)
    .meta({ description: 'Serves every module of this run that it can serve, whatever the module declares.' }),
  tags: z.record(z.string().max(64), z.string().max(256)).default({}),
  replayOf: z
    .strictObject({ executionId: z.string(), fromNode: z.string().nullable() })
    .nullable()
    .default(null)
    .meta({ description: 'Steps before `fromNode` are taken from that execution instead of being run.' }),
  parentId: z.string().nullable().default(null).meta(readOnly),
} as const;

/** What came of it. */
export const answered = {
  output: JsonValues.nullable().default(null).meta(readOnly),
  failure: FailureJson.nullable().default(null).meta(readOnly),
  degraded: z
    .boolean()
    .default(false)
    .meta({ ...readOnly, description: 'A fallback served at least one step.' }),
  simulated: z
    .boolean()
    .default(false)
    .meta({ ...readOnly, description: 'The scripted model answered: these are no real results.' }),
  usage: Usage.default({ calls: 0, inputTokens: 0, outputTokens: 0, cacheHits: 0 }).meta(readOnly),
  costNanoUsd: NanoUsd.default(0).meta({
    ...readOnly,
    description: 'At original prices, cache hits included; null when a price is unknown.',
  }),
  spentNanoUsd: NanoUsd.default(0).meta({ ...readOnly, description: 'Money paid for this run; 0 on cache hits.' }),
  latencyMs: z
    .number()
    .nullable()
    .default(null)
    .meta({ ...readOnly, description: 'Critical path of the plan, at the providers’ original durations.' }),
  point: FrontPoint.nullable()
    .default(null)
    .meta({ ...readOnly, description: 'The point of the front that was chosen, as it had been measured.' }),
  scores: z
    .record(z.string(), z.object({ triggerId: z.string(), value: z.number(), reason: z.string().nullable() }))
    .default({})
    .meta({ ...readOnly, description: 'What online evaluation made of the output, by trigger.' }),
  startedAt: z.string().nullable().default(null).meta(readOnly),
  endedAt: z.string().nullable().default(null).meta(readOnly),
  redrives: z.int().default(0).meta(readOnly),
  cancelRequested: z.boolean().default(false).meta(readOnly),
  feedback: z
    .strictObject({
      score: z.number().min(0).max(1).nullable().default(null),
      correction: JsonValues.nullable().default(null),
      comment: z.string().max(4000).default(''),
    })
    .nullable()
    .default(null)
    .meta(readOnly),
  /** Whoever drives the run holds the newest lease; a driver that lost it can no longer end the execution. */
  lease: z
    .string()
    .nullable()
    .default(null)
    .meta({ ...readOnly, secret: true }),
} as const;
