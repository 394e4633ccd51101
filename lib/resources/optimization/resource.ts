import * as z from 'zod';
import { rfc3339 } from '#lib/base/clock';
import type { JsonObject } from '#lib/base/json';
import { type Context, defineResource } from '../define.ts';
import { every } from '../every.ts';
import { trialNamed, valuesOf } from './apply.ts';
import { answered, asked, Progress, Result } from './attributes.ts';
import { opened } from './budget.ts';
import { checkRequest } from './check.ts';
import { Estimate, estimate, estimateInput } from './estimate.ts';
import { follow } from './follow.ts';
import { reportOf, SearchReport } from './report.ts';
import { warmed } from './warm-start.ts';

const ENDED = ['completed', 'failed', 'cancelled'] as const;

/** Gives the program's lock back, with this action or not at all; whoever waits for it gets a turn. */
async function release(record: { id: string; programId: string }, ctx: Context): Promise<void> {
  await ctx.together({
    resource: 'Program',
    action: 'unlock',
    id: record.programId,
    input: { optimizationId: record.id },
    as: 'system',
  });
  const next = await nextInLine(record, ctx);
  if (next !== null) ctx.enqueue('tick', { optimizationId: next });
}

/** The oldest optimization that waits for the same program. */
async function nextInLine(record: { id: string; programId: string }, ctx: Context): Promise<string | null> {
  type Waiting = { id: string; programId: string };
  for await (const { id, programId } of every<Waiting>(ctx, 'Optimization', { filter: { state: 'queued' } }))
    if (programId === record.programId && id !== record.id) return id;
  return null;
}

/** The measurements of a cancelled optimization serve nobody any more. */
async function cancelMeasurements(
  record: { baselineEvaluation: string | null; optimizedEvaluation: string | null },
  ctx: Context,
): Promise<void> {
  for (const id of [record.baselineEvaluation, record.optimizedEvaluation]) {
    if (id === null) continue;
    const { state } = await ctx.get<{ state: string }>('Evaluation', id);
    if (state !== 'queued' && state !== 'running') continue;
    await ctx.together({ resource: 'Evaluation', action: 'cancel', id, as: 'system' });
  }
}

/** How long it has searched, pauses apart. A clock that was set back counts as no time at all. */
function activeMs({ activeMs: before, activeSince }: { activeMs: number; activeSince: number | null }, now: number) {
  return before + (activeSince === null ? 0 : Math.max(0, now - activeSince));
}

export const Optimization = defineResource({
  name: 'Optimization',
  path: 'optimizations',
  idPrefix: 'opt',
  doc: 'One run of an optimizer over a program: trials, best so far, spend, and the winner measured on data the search never saw.',
  attributes: { ...asked, ...answered },
  indexes: { byProgram: { by: ['programId'] }, byState: { by: ['state'] } },
  states: ['queued', 'running', 'paused', ...ENDED],
  actions: (a) => ({
    create: a.create({
      doc: 'Start an optimization; while another one works on the program, it waits its turn.',
      access: 'run',
      accept: [
        'programId',
        'version',
        'datasetId',
        'datasetVersion',
        'metric',
        'optimizer',
        'objectives',
        'seed',
        'parallelism',
        'limits',
        'promote',
        'warmStart',
        'budget',
      ],
      run: async ({ id, input, ctx }) => {
        const set = await checkRequest(input, ctx);
        const planned = await opened(id, input, ctx);
        ctx.enqueue('tick', { optimizationId: id });
        return {
          set: { ...set, ...planned } as unknown as JsonObject,
          event: { programId: input.programId, version: input.version },
        };
      },
    }),
    estimate: a.collection({
      doc: 'What an optimization would take before it is started: calls, tokens, money and time, each as an interval.',
      effect: false,
      input: estimateInput,
      output: Estimate,
      run: ({ input, ctx }) => estimate(input, ctx),
    }),
    report: a.call({
      doc: 'How it stands: best so far, spend over time, Pareto front, importance of the variables, budget.',
      effect: false,
      output: SearchReport,
      run: ({ record, ctx }) => reportOf(record as unknown as Parameters<typeof reportOf>[0], ctx),
    }),
    apply: a.call({
      doc: 'Publish a trial as a version of the program, whether it won or not.',
      access: 'edit',
      input: { trial: z.string().min(1).max(40), note: z.string().max(4000).default('') },
      output: z.object({ programId: z.string(), version: z.int() }),
      run: async ({ record, input, ctx }) => {
        const trial = await trialNamed(record.id, input.trial, ctx);
        const { latestVersion } = await ctx.dispatch<{ latestVersion: number }>({
          resource: 'Program',
          action: 'publish',
          id: record.programId,
          input: {
            ...{ base: record.version, assignment: valuesOf(trial), optimizationId: record.id, trial: input.trial },
            note: input.note || `trial ${input.trial} of ${record.id}`,
          },
        });
        return { programId: record.programId, version: latestVersion };
      },
    }),
    begin: a.update({
      doc: 'It holds the program’s lock and starts to search.',
      access: 'system',
      from: ['queued'],
      to: 'running',
      run: async ({ record, ctx }) => {
        await ctx.together({
          resource: 'Program',
          action: 'lock',
          id: record.programId,
          input: { optimizationId: record.id },
          as: 'system',
        });
        const progress = { ...record.progress, phase: 'search' };
        // Now and not before: what it waited for may be what it is to learn from.
        const known = await warmed(record as unknown as Parameters<typeof warmed>[0], ctx);
        return {
          set: { startedAt: rfc3339(ctx.now), activeSince: ctx.now, progress, warmed: known } as unknown as JsonObject,
        };
      },
    }),
    advance: a.update({
      doc: 'Where the search stands.',
      access: 'system',
      from: ['running'],
      input: {
        progress: Progress,
        baselineEvaluation: z.string().nullable(),
        optimizedEvaluation: z.string().nullable(),
        winner: z.string().nullable(),
        reason: z.string().nullable(),
      },
      run: ({ input }) => ({ set: input as unknown as JsonObject }),
    }),
    finish: a.update({
      doc: 'The search is over; the lock is free for the next one.',
      access: 'system',
      from: ['queued', 'running', 'paused'],
      input: {
        status: z.enum(ENDED),
        result: Result.nullable(),
        failure: z.string().nullable(),
        progress: Progress.optional(),
      },
      run: async ({ record, input, ctx }) => {
        const { status, result, failure } = input;
        await release(record, ctx);
        return {
          state: status,
          set: {
            result,
            failure,
            progress: { ...(input.progress ?? record.progress), phase: 'done' },
            endedAt: rfc3339(ctx.now),
          } as unknown as JsonObject,
          event: { status, programId: record.programId, version: result?.version ?? null },
        };
      },
    }),
    pause: a.update({
      doc: 'Begin nothing more for now. What is under way ends and counts; the program stays locked if it was begun.',
      access: 'run',
      ifMatch: false,
      from: ['queued', 'running'],
      to: 'paused',
      run: ({ record, ctx }) => ({ set: { activeMs: activeMs(record, ctx.now), activeSince: null } }),
    }),
    resume: a.update({
      doc: 'Go on where it was paused: nothing is lost, nothing is done twice.',
      access: 'run',
      ifMatch: false,
      from: ['paused'],
      run: ({ record, ctx }) => {
        for (const sliceId of record.parked) ctx.enqueue('slice', { optimizationId: record.id, sliceId });
        ctx.enqueue('tick', { optimizationId: record.id });
        const begun = record.startedAt !== null;
        return { state: begun ? 'running' : 'queued', set: { parked: [], activeSince: begun ? ctx.now : null } };
      },
    }),
    park: a.update({
      doc: 'A slice came up while it is paused; it waits for the resume.',
      access: 'system',
      from: ['paused'],
      input: { sliceId: z.string() },
      run: ({ record, input }) => ({ set: { parked: [...new Set([...record.parked, input.sliceId])] } }),
    }),
    cancel: a.update({
      doc: 'Stop it. Trials so far are kept; no version is made.',
      access: 'run',
      ifMatch: false,
      from: ['queued', 'running', 'paused'],
      to: 'cancelled',
      run: async ({ record, ctx }) => {
        await release(record, ctx);
        await cancelMeasurements(record, ctx);
        // One more turn, which closes the trials under way.
        ctx.enqueue('tick', { optimizationId: record.id });
        const progress = { ...record.progress, phase: 'done' };
        return { set: { progress, endedAt: rfc3339(ctx.now) } as unknown as JsonObject };
      },
    }),
  }),
  streams: {
    events: {
      doc: 'Trials as they close, progress, and the ending.',
      events: ({ record, ctx, after }) => follow(record, ctx, after),
    },
  },
});
