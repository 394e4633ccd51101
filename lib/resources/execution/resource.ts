import * as z from 'zod';
import { Conflict, InvalidInput } from '#lib/base/errors';
import type { Json, JsonObject } from '#lib/base/json';
import { usd } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { takeLease } from '../lease.ts';
import { chosen, type FrontPoint, type Fronts, type Preference } from '../program/front.ts';
import { answered, asked } from './attributes.ts';
import { checkRequest } from './check.ts';
import { decisionKey } from './decision.ts';
import { accepted, follow } from './follow.ts';
import { readSteps } from './steps.ts';

const ENDED = ['completed', 'failed', 'cancelled'] as const;

/** A preference has to lead to the very version that is run. */
function pointOf(
  program: { name: string; fronts: Fronts },
  { preference, version }: { preference?: Preference | null | undefined; version: number },
): FrontPoint | null {
  if (preference == null) return null;
  const point = chosen(program, preference);
  if (point.version === version) return point;
  const detail = `this preference leads to version ${point.version}`;
  throw new InvalidInput('preference_wrong', `wanted version ${version}, but ${detail}`, {
    problems: [{ pointer: '/preference', detail }],
  });
}

export const Execution = defineResource({
  name: 'Execution',
  path: 'executions',
  idPrefix: 'exe',
  doc: 'The record of one run of a program version: input, output, every step, tokens, cost, duration.',
  attributes: { ...asked, ...answered },
  indexes: { byProgram: { by: ['programId'] }, byState: { by: ['state'] } },
  states: ['pending', 'running', ...ENDED],
  calculations: {
    costUsd: { type: z.string().nullable(), from: (record) => usd(record.costNanoUsd) },
    spentUsd: { type: z.string().nullable(), from: (record) => usd(record.spentNanoUsd) },
    durationMs: {
      doc: 'Wall time from start to end.',
      type: z.number().nullable(),
      from: ({ startedAt, endedAt }) =>
        startedAt === null || endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt),
    },
  },
  actions: (a) => ({
    create: a.create({
      doc: 'Run a program version.',
      access: 'run',
      accept: [
        'programId',
        'version',
        'alias',
        'input',
        'variables',
        'implementation',
        'tags',
        'replayOf',
        'preference',
      ],
      run: async ({ id, input, ctx }) => {
        const program = await checkRequest(input, ctx);
        ctx.enqueue('execution', { executionId: id });
        // It may have been asked for by name; it is filed under its id.
        const named = { programId: program.id, program: program.name, point: pointOf(program, input) };
        return { set: named, event: { programId: program.id, version: input.version } };
      },
    }),
    begin: a.update({
      doc: 'A driver takes (over) the run.',
      access: 'system',
      from: ['pending', 'running'],
      to: 'running',
      input: { lease: z.string() },
      run: ({ record, input, ctx }) => {
        ctx.also(takeLease({ workspaceId: ctx.workspaceId, resource: 'Execution', id: record.id }, input.lease));
        return { set: { lease: input.lease, startedAt: record.startedAt ?? new Date(ctx.now).toISOString() } };
      },
    }),
    finish: a.update({
      doc: 'The run has ended; only the driver with the newest lease can say so.',
      access: 'system',
      from: ['running'],
      input: { lease: z.string(), status: z.enum(ENDED), result: z.record(z.string(), z.json()) },
      run: ({ record, input, ctx }) => {
        if (record.lease !== input.lease)
          throw new Conflict('lease_lost', 'another driver has taken over this execution');
        return {
          state: input.status,
          set: { ...(input.result as JsonObject), endedAt: new Date(ctx.now).toISOString() },
          event: {
            ...{ status: input.status, programId: record.programId },
            ...{ pinned: record.version, alias: record.alias },
          },
        };
      },
    }),
    cancel: a.update({
      doc: 'Stop it. Steps already done stay recorded, and their effects stay: a cancel undoes nothing.',
      access: 'run',
      ifMatch: false,
      from: ['pending', 'running'],
      run: async ({ record, ctx }) => {
        if (record.state === 'running') {
          await ctx.services.workflows.stop({ workspaceId: ctx.workspaceId, executionId: record.id });
          return { set: { cancelRequested: true } };
        }
        const failure = { name: 'Cancelled', message: 'cancelled before it began', retryable: false };
        return {
          state: 'cancelled',
          set: { cancelRequested: true, failure, endedAt: new Date(ctx.now).toISOString() },
        };
      },
    }),
    redrive: a.update({
      doc: 'Go on from the first step that did not succeed; succeeded steps are not run again.',
      access: 'run',
      ifMatch: false,
      from: ['failed', 'cancelled'],
      to: 'pending',
      run: ({ record, ctx }) => {
        ctx.enqueue('execution', { executionId: record.id });
        return {
          set: { failure: null, endedAt: null, cancelRequested: false, lease: null, redrives: record.redrives + 1 },
        };
      },
    }),
    decide: a.update({
      doc: 'Approve or refuse what an approval node waits for.',
      access: 'promote',
      ifMatch: false,
      from: ['running'],
      input: {
        path: z
          .string()
          .min(1)
          .max(500)
          .meta({ description: 'The approval node: its id, or its path inside maps and branches.' }),
        approved: z.boolean(),
        note: z.string().max(4000).default(''),
      },
      run: ({ record, input, ctx }) => {
        const { path, approved, note } = input;
        const decision = { approved, note, by: ctx.principal.id };
        // Absent: a decision once made stands.
        ctx.also({
          put: { ...decisionKey(ctx.workspaceId, record.id, path), data: decision },
          condition: { kind: 'absent' },
        });
        return { event: { path, approved } };
      },
    }),
    replay: a.call({
      doc: 'Run it again as a new execution: the same or another version, the same or other variables, from any step.',
      access: 'run',
      input: {
        version: z.int().min(1).optional(),
        variables: z.record(z.string(), z.json()).optional(),
        fromNode: z.string().optional().meta({ description: 'Steps before this node are taken from the old run.' }),
      },
      accepted: 'Execution',
      output: z.never(),
      run: async ({ record, input, ctx }) => {
        const created = await ctx.dispatch<{ id: string }>({
          resource: 'Execution',
          action: 'create',
          input: {
            programId: record.programId,
            version: input.version ?? record.version,
            input: record.input,
            variables: input.variables ?? record.variables,
            replayOf: { executionId: record.id, fromNode: input.fromNode ?? null },
          },
        });
        return accepted(created.id, ctx);
      },
    }),
    feedback: a.update({
      doc: 'Say how good the output was, or what it should have been.',
      access: 'run',
      ifMatch: false,
      from: [...ENDED],
      input: {
        score: z.number().min(0).max(1).nullable().default(null),
        correction: z.record(z.string(), z.json()).nullable().default(null),
        comment: z.string().max(4000).default(''),
      },
      run: ({ input }) => ({ set: { feedback: input as unknown as JsonObject } }),
    }),
    score: a.update({
      doc: 'A metric without labels has judged the output.',
      access: 'system',
      from: ['completed'],
      input: { triggerId: z.string(), value: z.number(), reason: z.string().max(4000).nullable() },
      run: ({ record, input }) => ({
        set: { scores: { ...record.scores, [input.triggerId]: { ...input } } as JsonObject },
      }),
    }),
    trace: a.call({
      doc: 'Every step, in the order it ended: inputs, output, attempts, model calls with tokens, cost and cache hits.',
      effect: false,
      output: z.object({ steps: z.array(z.json()) }),
      run: async ({ record, ctx }) => ({
        steps: (await readSteps(ctx.services, ctx.workspaceId, record.id)) as unknown as Json[],
      }),
    }),
  }),
  streams: {
    events: {
      doc: 'Steps as they end, pieces of the answer by output field as the model writes them, and the ending.',
      events: ({ record, ctx, after }) => follow(record, ctx, after),
    },
  },
});
