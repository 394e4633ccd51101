import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import { NanoUsd, Tokens } from '../attributes.ts';
import { defineResource } from '../define.ts';

const readOnly = { readOnly: true };

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
    /** Why the strategy goes on without it: the model failed, or what it said cannot be read. */
    failure: z.string().nullable().default(null).meta(readOnly),
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
      },
      run: ({ record, input: { status, ...set }, ctx }) => {
        ctx.enqueue('tick', { optimizationId: record.optimizationId });
        return { state: status, set: set as unknown as JsonObject };
      },
    }),
  }),
});
