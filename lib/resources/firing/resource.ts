import * as z from 'zod';
import { idFrom } from '#lib/base/id';
import type { JsonObject } from '#lib/base/json';
import { defineResource } from '../define.ts';
import { Happened, Start } from '../trigger/attributes.ts';
import { startOf } from '../trigger/start.ts';

const readOnly = { readOnly: true };

export const Firing = defineResource({
  name: 'Firing',
  path: 'firings',
  idPrefix: 'fir',
  doc: 'One time a trigger went off: what set it off, and what it started, or why it could not.',
  attributes: {
    triggerId: z.string(),
    key: z.string().meta({ description: 'The same key fires once, however often it is delivered.' }),
    happened: Happened,
    start: Start,
    started: z
      .string()
      .nullable()
      .default(null)
      .meta({ ...readOnly, description: 'Id of the evaluation, optimization or execution.' }),
    refused: z.string().nullable().default(null).meta(readOnly),
  },
  indexes: { byTrigger: { by: ['triggerId'] } },
  states: ['started', 'scored', 'refused'],
  actions: (a) => ({
    create: a.create({
      doc: 'It went off; what it starts commits with it.',
      access: 'system',
      accept: ['triggerId', 'key', 'happened', 'start'],
      input: { refused: z.string().nullable() },
      run: async ({ id, input, ctx }) => {
        const { refused, start, happened, triggerId } = input;
        const about = { triggerId, key: input.key };
        if (refused !== null) return { state: 'refused', set: { refused: refused.slice(0, 2000) }, event: about };
        const what = await startOf(start, happened, ctx);
        if ('score' in what) {
          ctx.enqueue('job', { firingId: id });
          return { set: { started: what.score }, event: about };
        }
        const started = idFrom(what.resource === 'Evaluation' ? 'evl' : 'opt', id);
        await ctx.together({ resource: what.resource, action: 'create', id: started, input: what.input, as: 'system' });
        return { set: { started }, event: { ...about, started } };
      },
    }),
    finish: a.update({
      doc: 'The execution it is about has its score, or cannot have one.',
      access: 'system',
      from: ['started'],
      input: { refused: z.string().nullable() },
      run: ({ input }) => ({
        state: input.refused === null ? 'scored' : 'refused',
        set: { refused: input.refused } as JsonObject,
      }),
    }),
  }),
});
