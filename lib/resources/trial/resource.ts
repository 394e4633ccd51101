import * as z from 'zod';
import { rfc3339 } from '#lib/base/clock';
import { Conflict } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { Item } from '#lib/ports/store';
import { JsonValues, NanoUsd } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { Lineage, lineageOf } from './lineage.ts';

const readOnly = { readOnly: true };

export const Trial = defineResource({
  name: 'Trial',
  path: 'trials',
  idPrefix: 'trl',
  doc: 'One assignment of values that an optimization tried, with what it scored, cost and took.',
  attributes: {
    optimizationId: z.string(),
    /** Unique, so that two turns of the same optimization cannot begin one trial twice. */
    key: z.string().meta(readOnly),
    number: z.int().min(0),
    work: z.json().meta({ description: 'What the strategy asked for: assignment, examples, origin.' }),
    assignment: JsonValues.meta(readOnly),
    /** What the candidates in `assignment` stand for: texts, demos. With them it can be published as it is. */
    candidates: JsonValues.default({}).meta(readOnly),
    origin: z.string().meta(readOnly),
    parent: z.string().nullable().default(null).meta(readOnly),
    examples: z.int().meta({ ...readOnly, description: 'Fidelity: how many examples it is measured on.' }),
    slices: z.int().meta(readOnly),
    closedSlices: z.int().default(0).meta(readOnly),
    quality: z.number().nullable().default(null).meta(readOnly),
    costNanoUsd: NanoUsd.default(null).meta(readOnly),
    latencyMs: z.number().nullable().default(null).meta(readOnly),
    tokens: z.number().nullable().default(null).meta(readOnly),
    spent: z
      .object({ calls: z.int(), tokens: z.int(), nanoUsd: NanoUsd })
      .nullable()
      .default(null)
      .meta({ ...readOnly, description: 'Of its own calls: how many, their tokens, and the money paid now.' }),
    closedAt: z.string().nullable().default(null).meta(readOnly),
    failures: z.int().default(0).meta(readOnly),
    failure: z.string().nullable().default(null).meta(readOnly),
  },
  unique: ['key'],
  indexes: { byOptimization: { by: ['optimizationId'] } },
  states: ['running', 'completed', 'failed'],
  actions: (a) => ({
    lineage: a.call({
      doc: 'Where it comes from: its parents back to the first, and what each changed, texts line by line.',
      effect: false,
      output: Lineage,
      run: ({ record, ctx }) => lineageOf(record, ctx),
    }),
    create: a.create({
      doc: 'A trial begins; its slices are queued with it.',
      access: 'system',
      accept: ['optimizationId', 'number', 'work'],
      input: {
        name: z.string(),
        assignment: JsonValues,
        candidates: JsonValues.default({}),
        origin: z.string(),
        parent: z.string().nullable(),
        examples: z.int(),
        slices: z.array(z.string()),
      },
      run: ({ input, ctx }) => {
        const { name, assignment, candidates, origin, parent, examples, slices } = input;
        for (const sliceId of slices) ctx.enqueue('slice', { optimizationId: input.optimizationId, sliceId });
        // Nothing left to run: what its parent found out covers it, so no slice will bring the next turn.
        if (slices.length === 0) ctx.enqueue('tick', { optimizationId: input.optimizationId });
        return {
          set: {
            key: `${input.optimizationId}/${name}`,
            assignment,
            candidates,
            origin,
            parent,
            examples,
            slices: slices.length,
          } as JsonObject,
        };
      },
    }),
    tally: a.update({
      doc: 'A slice is in: its row, this count and the next turn are one transaction, so it counts once.',
      access: 'system',
      from: ['running'],
      input: { item: z.record(z.string(), z.json()) },
      run: ({ record, input, ctx }) => {
        const counted = new Conflict('slice_counted', 'this slice is counted already');
        ctx.also({ put: input.item as unknown as Item, condition: { kind: 'absent' } }, counted);
        ctx.enqueue('tick', { optimizationId: record.optimizationId });
        return { set: { closedSlices: record.closedSlices + 1 } };
      },
    }),
    close: a.update({
      doc: 'All its slices are in.',
      access: 'system',
      from: ['running'],
      input: {
        status: z.enum(['completed', 'failed']),
        quality: z.number().nullable(),
        costNanoUsd: NanoUsd,
        latencyMs: z.number().nullable(),
        tokens: z.number().nullable().default(null),
        spent: z.object({ calls: z.int(), tokens: z.int(), nanoUsd: NanoUsd }).nullable().default(null),
        failures: z.int(),
        failure: z.string().nullable(),
      },
      run: ({ input: { status, ...set }, ctx }) => ({
        state: status,
        set: { ...set, closedAt: rfc3339(ctx.now) } as unknown as JsonObject,
      }),
    }),
  }),
});
