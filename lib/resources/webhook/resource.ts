import * as z from 'zod';
import { rfc3339 } from '#lib/base/clock';
import { Description, Name } from '../attributes.ts';
import { defineResource } from '../define.ts';
import { EventPattern, Key, Url } from './attributes.ts';
import { keyFor, rotated } from './keys.ts';

const readOnly = { readOnly: true };
const secretRef = z
  .string()
  .max(200)
  .nullable()
  .default(null)
  .meta({ description: 'Names a secret ("whsec_..."); null has one made, and shown once.' });

/** Who gets events sees what the audit log says, and where they go may hold a secret: both are the admin's. */
export const Webhook = defineResource({
  name: 'Webhook',
  path: 'webhooks',
  idPrefix: 'whk',
  doc: 'Sends events to an address, signed as Standard Webhooks has it, at least once each.',
  readAccess: 'administer',
  attributes: {
    name: Name,
    description: Description,
    url: Url,
    events: z.array(EventPattern).min(1).max(50),
    timeoutSeconds: z.int().min(1).max(30).default(15).meta({ description: 'Of one attempt.' }),
    secretRef,
    keys: z.array(Key).default([]).meta({ readOnly: true, secret: true }),
    failingSince: z
      .string()
      .nullable()
      .default(null)
      .meta({ ...readOnly, description: 'The first attempt that failed since the last one that did not.' }),
    disabledBecause: z.string().nullable().default(null).meta(readOnly),
  },
  unique: ['name'],
  indexes: { byState: { by: ['state'] } },
  states: ['enabled', 'disabled'],
  actions: (a) => ({
    create: a.create({
      doc: 'Send events from now on. `secret` is in this answer and nowhere else.',
      access: 'administer',
      accept: ['name', 'description', 'url', 'events', 'timeoutSeconds', 'secretRef'],
      reveals: { secret: z.string() },
      run: async ({ id, input, ctx }) => {
        const { key, secret } = await keyFor(id, input.secretRef, ctx);
        return { set: { keys: [key] }, ...(secret === null ? {} : { reveal: { secret } }) };
      },
    }),
    update: a.update({
      doc: 'Change it. Deliveries under way go to the new address, too.',
      access: 'administer',
      accept: ['name', 'description', 'url', 'events', 'timeoutSeconds'],
    }),
    rotate: a.update({
      doc: 'A new secret. The old one signs beside it for `overlapHours`, so that receivers need not change at once.',
      access: 'administer',
      input: { secretRef, overlapHours: z.number().min(0).max(168).default(24) },
      reveals: { secret: z.string() },
      run: async ({ record, input, ctx }) => {
        const { key, secret } = await keyFor(record.id, input.secretRef, ctx);
        return {
          set: { secretRef: input.secretRef, keys: rotated(record.keys, key, input.overlapHours, ctx) },
          ...(secret === null ? {} : { reveal: { secret } }),
        };
      },
    }),
    enable: a.update({
      doc: 'Send again; what happened meanwhile is not made up for.',
      access: 'administer',
      from: ['disabled'],
      to: 'enabled',
      run: () => ({ set: { failingSince: null, disabledBecause: null } }),
    }),
    disable: a.update({
      doc: 'Stop sending; deliveries under way end.',
      access: 'administer',
      from: ['enabled'],
      to: 'disabled',
    }),
    delete: a.remove({ doc: 'Remove it; the log of its deliveries stays.', access: 'administer' }),
    ping: a.call({
      doc: 'Send an event of type `Webhook.ping`, to see whether it arrives.',
      access: 'administer',
      from: ['enabled'],
      output: z.object({ deliveryId: z.string() }),
      run: async ({ record, ctx }) => {
        const deliveryId = ctx.newId('dlv');
        const event = { id: ctx.newId('evt'), type: 'Webhook.ping', subject: record.id, time: rfc3339(ctx.now) };
        const input = { webhookId: record.id, event: { ...event, principal: ctx.principal.id, data: {} } };
        await ctx.together({ resource: 'Delivery', action: 'create', id: deliveryId, input, as: 'system' });
        return { deliveryId };
      },
    }),
    report: a.update({
      doc: 'An attempt failed or succeeded where the one before did not.',
      access: 'system',
      input: { failingSince: z.string().nullable() },
      run: ({ input }) => ({ set: { failingSince: input.failingSince } }),
    }),
    giveUp: a.update({
      doc: 'Nobody receives there any more.',
      access: 'system',
      input: { because: z.string() },
      run: ({ record, input: { because } }) =>
        record.state === 'disabled' ? {} : { state: 'disabled', set: { disabledBecause: because }, event: { because } },
    }),
  }),
});
