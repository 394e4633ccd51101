import * as z from 'zod';
import { InvalidInput } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { Description, Name } from '../attributes.ts';
import { type Context, defineResource } from '../define.ts';
import { Happened, On, Start } from './attributes.ts';
import { fire } from './fire.ts';

export const Trigger = defineResource({
  name: 'Trigger',
  path: 'triggers',
  idPrefix: 'trg',
  doc: 'An event or a schedule that starts an evaluation or an optimization, or scores an execution; each firing happens once.',
  attributes: { name: Name, description: Description, on: On, start: Start },
  unique: ['name'],
  indexes: { byState: { by: ['state'] } },
  states: ['enabled', 'disabled'],
  actions: (a) => ({
    create: a.create({
      doc: 'Declare a trigger; it is enabled at once.',
      accept: ['name', 'description', 'on', 'start'],
      run: async ({ input, ctx }) => ({ set: { on: (await checked(input.on, input.start, ctx)) as JsonObject } }),
    }),
    update: a.update({
      doc: 'Change it; firings under way keep what they started with.',
      accept: ['name', 'description', 'on', 'start'],
      run: async ({ record, input, ctx }) => {
        const on = await checked(input.on ?? record.on, input.start ?? record.start, ctx);
        return { set: { on: on as JsonObject } };
      },
    }),
    enable: a.update({ doc: 'Let it fire.', from: ['disabled'], to: 'enabled' }),
    disable: a.update({
      doc: 'Keep it from firing; what happens meanwhile is not made up for.',
      from: ['enabled'],
      to: 'disabled',
    }),
    delete: a.remove({ doc: 'Remove it; its firings stay.' }),
    fire: a.call({
      doc: 'Fire it by hand. The same key again answers with the firing that was.',
      access: 'run',
      input: { key: z.string().min(1).max(500), happened: Happened.default({}) },
      output: z.object({ firingId: z.string() }),
      run: async ({ record, input, ctx }) => {
        const { id } = await fire(record, { key: `by-hand/${input.key}`, happened: input.happened }, ctx);
        return { firingId: id };
      },
    }),
  }),
});

/** Filters by id: a record that is renamed stays the one that was meant. */
async function checked(on: On, start: Start, ctx: Context): Promise<On> {
  if (start.start === 'optimization' && (on.event === 'program_version' || on.event === 'promotion'))
    throw refused('/start', 'an optimization publishes a version, which would set the trigger off again without end');
  if ((start.start === 'score') !== (on.event === 'execution'))
    throw refused('/start', 'executions are scored, and nothing else is: `score` goes with the event `execution`');
  const idOf = async (resource: string, named: string) => (await ctx.find<{ id: string }>(resource, named)).id;
  if ('program' in on && on.program !== undefined) return { ...on, program: await idOf('Program', on.program) };
  if ('dataset' in on && on.dataset !== undefined) return { ...on, dataset: await idOf('Dataset', on.dataset) };
  return on;
}

function refused(pointer: string, detail: string): InvalidInput {
  return new InvalidInput('trigger_invalid', detail, { problems: [{ pointer, detail }] });
}
