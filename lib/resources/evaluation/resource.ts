import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import { comparePaired } from '#lib/evaluate/compare';
import { defineResource } from '../define.ts';
import { takeLease } from '../lease.ts';
import { answered, asked, Comparison, Plan, Report } from './attributes.ts';
import { checkRequest } from './check.ts';
import { follow } from './follow.ts';
import { readOutcomes } from './outcomes.ts';
import { planAsked, planned } from './plan.ts';
import { traceOf } from './trace.ts';

const ENDED = ['completed', 'failed', 'cancelled'] as const;

export const Evaluation = defineResource({
  name: 'Evaluation',
  path: 'evaluations',
  idPrefix: 'evl',
  doc: 'A program version measured on a dataset version: per-example outcomes, a score with its interval, cost, latency.',
  attributes: { ...asked, ...answered },
  indexes: { byProgram: { by: ['programId'] }, byState: { by: ['state'] } },
  states: ['queued', 'running', ...ENDED],
  actions: (a) => ({
    create: a.create({
      doc: 'Start an evaluation.',
      access: 'run',
      accept: [
        'programId',
        'version',
        'variables',
        'datasetId',
        'datasetVersion',
        'split',
        'limit',
        'metric',
        'implementation',
        'concurrency',
        'seed',
        'repetitions',
        'folds',
        'reuse',
        'traces',
      ],
      input: {
        optimization: z.string().optional().meta({ description: 'The optimization this measurement belongs to.' }),
      },
      run: async ({ id, input, ctx }) => {
        const set = await checkRequest(input, ctx);
        ctx.enqueue('job', { evaluationId: id });
        return { set: { ...set } };
      },
    }),
    begin: a.update({
      doc: 'A worker takes (over) the evaluation.',
      access: 'system',
      from: ['queued', 'running'],
      to: 'running',
      input: { lease: z.string() },
      run: ({ record, input, ctx }) => {
        ctx.also(takeLease({ workspaceId: ctx.workspaceId, resource: 'Evaluation', id: record.id }, input.lease));
        return { set: { startedAt: record.startedAt ?? new Date(ctx.now).toISOString() } };
      },
    }),
    finish: a.update({
      doc: 'The evaluation has ended.',
      access: 'system',
      from: ['queued', 'running'],
      input: {
        status: z.enum(ENDED),
        report: Report.nullable(),
        failure: z.string().nullable(),
        simulated: z.boolean(),
      },
      run: ({ record, input, ctx }) => {
        const { status, report, failure, simulated } = input;
        if (record.optimizationId !== null) ctx.enqueue('tick', { optimizationId: record.optimizationId });
        return {
          state: status,
          set: { report, failure, simulated, endedAt: new Date(ctx.now).toISOString() },
          event: { status, programId: record.programId, version: record.version, score: report?.score ?? null },
        };
      },
    }),
    cancel: a.update({
      doc: 'Stop it; outcomes so far are kept.',
      access: 'run',
      ifMatch: false,
      from: ['queued', 'running'],
      to: 'cancelled',
      run: ({ record, ctx }) => {
        // An optimization that waits for this measurement hears that it will not come.
        if (record.optimizationId !== null) ctx.enqueue('tick', { optimizationId: record.optimizationId });
        return { set: { endedAt: new Date(ctx.now).toISOString() } };
      },
    }),
    outcomes: a.call({
      doc: 'Outcomes, one a run, in the order they were recorded: score, failure, latency, tokens, cost, what they were taken over from.',
      effect: false,
      input: { offset: z.int().min(0).default(0), limit: z.int().min(1).max(1000).default(100) },
      output: z.object({ items: z.array(z.json()), next: z.int().nullable() }),
      run: async ({ record, input, ctx }) => {
        const all = await readOutcomes(ctx.services, ctx.workspaceId, record.id);
        const end = input.offset + input.limit;
        return { items: all.slice(input.offset, end) as never[], next: end < all.length ? end : null };
      },
    }),
    trace: a.call({
      doc: "The steps of one example's run, as an execution's trace shows them. Kept when it was started with `traces`.",
      effect: false,
      input: { exampleId: z.string(), sample: z.int().min(0).default(0) },
      output: z.object({ steps: z.array(z.json()), shortened: z.boolean() }),
      run: ({ record, input, ctx }) => traceOf(record, input, ctx),
    }),
    plan: a.collection({
      doc: 'Before the start: runs it would take, and the smallest difference from another version it could show.',
      effect: false,
      input: planAsked,
      output: Plan,
      run: ({ input, ctx }) => planned(input, ctx),
    }),
    compare: a.collection({
      doc: 'Two evaluations of the same examples, example by example: the mean difference with its interval.',
      effect: false,
      input: { baseline: z.string(), candidate: z.string(), seed: z.int().default(0) },
      output: Comparison,
      run: async ({ input, ctx }) => {
        // Read through the context first: who may not see an evaluation cannot compare it either.
        await ctx.get('Evaluation', input.baseline);
        await ctx.get('Evaluation', input.candidate);
        const baseline = await readOutcomes(ctx.services, ctx.workspaceId, input.baseline);
        const candidate = await readOutcomes(ctx.services, ctx.workspaceId, input.candidate);
        if (baseline.length === 0 || candidate.length === 0) {
          throw new InvalidInput(
            'nothing_to_compare',
            `wanted two evaluations with outcomes, they have ${baseline.length} and ${candidate.length}`,
          );
        }
        return comparePaired(baseline, candidate, input.seed);
      },
    }),
  }),
  streams: {
    events: { doc: 'Progress as examples end, and the ending.', events: ({ record, ctx }) => follow(record, ctx) },
  },
});
