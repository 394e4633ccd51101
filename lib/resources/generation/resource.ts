import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import { NanoUsd, Tokens } from '../attributes.ts';
import { defineResource } from '../define.ts';

const readOnly = { readOnly: true };

/** A set of examples that a job has measured a candidate on; the score from 0 to 1. */
const Evaluated = z.object({ score: z.number(), examples: z.int() });

export const Generation = defineResource({
  name: 'Generation',
  path: 'generations',
  idPrefix: 'gen',
  doc: 'A prompt that an optimization put to its teacher model (an instruction to propose, a lesson to draw), with the answer.',
  attributes: {
    optimizationId: z.string(),
    /** Unique, so that two turns of the same optimization cannot ask one question twice. */
    key: z.string().meta(readOnly),
    number: z.int().min(0),
    work: z.json().meta({ description: 'What the strategy asked for: messages, parameters, how the answer is read.' }),
    purpose: z.string().meta(readOnly),
    text: z.string().nullable().default(null).meta(readOnly),
    /** `provider/model` that answered. */
    model: z.string().nullable().default(null).meta(readOnly),
    cached: z.boolean().default(false).meta(readOnly),
    tokens: Tokens.default(0).meta(readOnly),
    costNanoUsd: NanoUsd.default(null).meta(readOnly),
    spentNanoUsd: NanoUsd.default(0).meta(readOnly),
    /** Of a job that takes several turns: how many it has had, and what was measured in the last one. */
    turns: z.int().min(0).default(0).meta(readOnly),
    evaluations: z.array(Evaluated).default([]).meta(readOnly),
    /** Why the strategy goes on without it: the model failed, or what it said cannot be read. */
    failure: z.string().nullable().default(null).meta(readOnly),
    refused: z
      .boolean()
      .default(false)
      .meta({ ...readOnly, description: 'A budget did not pay for it, which ends the search.' }),
  },
  unique: ['key'],
  indexes: { byOptimization: { by: ['optimizationId'] } },
  states: ['running', 'completed', 'failed'],
  actions: (a) => ({
    create: a.create({
      doc: 'A prompt is put to the teacher: its message is queued with it.',
      access: 'system',
      accept: ['optimizationId', 'number', 'work'],
      input: { name: z.string(), purpose: z.string() },
      run: ({ input: { optimizationId, name, purpose }, ctx }) => {
        ctx.enqueue('slice', { optimizationId, sliceId: name });
        return { set: { key: `${optimizationId}/${name}`, purpose } };
      },
    }),
    answer: a.update({
      doc: 'The teacher has answered, or will not: counted once, with the next turn.',
      access: 'system',
      from: ['running'],
      input: {
        status: z.enum(['completed', 'failed']),
        text: z.string().nullable(),
        model: z.string().nullable(),
        cached: z.boolean(),
        tokens: Tokens,
        costNanoUsd: NanoUsd,
        spentNanoUsd: NanoUsd,
        failure: z.string().nullable(),
        evaluations: z.array(Evaluated).max(1000).default([]),
        refused: z.boolean().default(false),
      },
      run: ({ record, input: { status, spentNanoUsd, ...set }, ctx }) => {
        ctx.enqueue('tick', { optimizationId: record.optimizationId });
        return { state: status, set: { ...set, spentNanoUsd: plus(record.spentNanoUsd, spentNanoUsd) } as JsonObject };
      },
    }),
    again: a.update({
      doc: 'A job was cut off: its next turn replays what it has asked.',
      access: 'system',
      from: ['running'],
      input: { name: z.string(), spentNanoUsd: NanoUsd, evaluations: z.array(Evaluated).max(1000) },
      run: ({ record, input: { name, spentNanoUsd, evaluations }, ctx }) => {
        ctx.enqueue('slice', { optimizationId: record.optimizationId, sliceId: name });
        const spent = plus(record.spentNanoUsd, spentNanoUsd);
        return { set: { turns: record.turns + 1, spentNanoUsd: spent, evaluations } };
      },
    }),
  }),
});

/** Of several turns; unknown as soon as one is. */
function plus(before: number | null, more: number | null): number | null {
  return before === null || more === null ? null : before + more;
}
