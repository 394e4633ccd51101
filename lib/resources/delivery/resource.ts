import * as z from 'zod';
import { rfc3339 } from '#lib/base/clock';
import { Conflict, DspexError } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { type Context, defineResource } from '../define.ts';
import { Attempt, Happening } from './attributes.ts';
import { DISABLE_AFTER_MS, waitAfter } from './retry.ts';

const readOnly = { readOnly: true };
const KEPT_ATTEMPTS = 32;
/** The receiver says that it wants nothing any more. */
const GONE = 410;

export const Delivery = defineResource({
  name: 'Delivery',
  path: 'deliveries',
  idPrefix: 'dlv',
  doc: 'One event on its way to one webhook. Its id is the `webhook-id` of every attempt.',
  readAccess: 'administer',
  attributes: {
    webhookId: z.string(),
    event: Happening,
    attempts: z
      .array(Attempt)
      .default([])
      .meta({ ...readOnly, description: `The last ${KEPT_ATTEMPTS}, oldest first.` }),
    made: z
      .int()
      .default(0)
      .meta({ ...readOnly, description: 'Attempts since it was created or last sent again.' }),
    series: z
      .int()
      .default(1)
      .meta({ ...readOnly, description: 'How often it was sent, by the event and by hand.' }),
    nextAt: z
      .string()
      .nullable()
      .default(null)
      .meta({ ...readOnly, description: 'When a pending one is tried next; null is at once.' }),
    failure: z.string().nullable().default(null).meta(readOnly),
  },
  indexes: { byWebhook: { by: ['webhookId'] }, byState: { by: ['state'] } },
  states: ['pending', 'delivered', 'failed'],
  actions: (a) => ({
    create: a.create({
      doc: 'An event that a webhook wants has happened.',
      access: 'system',
      accept: ['webhookId', 'event'],
      run: ({ id, ctx }) => {
        ctx.enqueue('job', { deliveryId: id, attempt: '1.1', at: ctx.now });
        return {};
      },
    }),
    settle: a.update({
      doc: 'An attempt was made.',
      access: 'system',
      from: ['pending'],
      input: { attempt: z.string(), outcome: Attempt, retryAfterSeconds: z.number().min(0).default(0) },
      run: async ({ record, input, ctx }) => {
        if (nextOf(record) !== input.attempt)
          throw new Conflict('attempt_counted', `attempt ${input.attempt} of ${record.id} has been counted already`);
        const { outcome } = input;
        const made = record.made + 1;
        const wait = outcome.status === GONE ? null : waitAfter(record.id, made, input.retryAfterSeconds);
        const over = !outcome.ok && wait === null;
        await report(record.webhookId, { outcome, over }, ctx);
        return {
          state: outcome.ok ? 'delivered' : over ? 'failed' : 'pending',
          set: {
            attempts: [...record.attempts, outcome].slice(-KEPT_ATTEMPTS) as unknown as JsonObject[],
            made,
            nextAt: outcome.ok || wait === null ? null : rfc3339(Date.parse(outcome.at) + wait),
            failure: over ? outcome.error : null,
          },
          event: { webhookId: record.webhookId, ok: outcome.ok, status: outcome.status },
        };
      },
    }),
    abandon: a.update({
      doc: 'It will not be tried any more.',
      access: 'system',
      from: ['pending'],
      to: 'failed',
      input: { because: z.string() },
      run: ({ input }) => ({ set: { failure: input.because.slice(0, 2000), nextAt: null } }),
    }),
    resend: a.update({
      doc: 'Send it again, under the same `webhook-id`: at once, and with all retries.',
      access: 'administer',
      ifMatch: false,
      from: ['delivered', 'failed'],
      to: 'pending',
      run: async ({ record, ctx }) => {
        const { state } = await ctx.get<{ state: string }>('Webhook', record.webhookId);
        if (state !== 'enabled')
          throw new Conflict('webhook_disabled', `webhook ${record.webhookId} is ${state}; enable it first`);
        const series = record.series + 1;
        ctx.enqueue('job', { deliveryId: record.id, attempt: nextOf({ series, made: 0 }), at: ctx.now });
        return { set: { series, made: 0, nextAt: null, failure: null } };
      },
    }),
  }),
});

/** Names the attempt that comes next: a message for another one is late, or has been delivered twice. */
export function nextOf({ series, made }: { series: number; made: number }): string {
  return `${series}.${made + 1}`;
}

/** What the webhook itself learns of an attempt; nothing in the usual case, so that busy webhooks are not written often. */
async function report(
  id: string,
  { outcome, over }: { outcome: Attempt; over: boolean },
  ctx: Pick<Context, 'get' | 'together'>,
): Promise<void> {
  const act = (action: string, input: JsonObject) =>
    ctx.together({ resource: 'Webhook', action, id, input, as: 'system' });
  const webhook = await ctx.get<{ state: string; failingSince: string | null }>('Webhook', id).catch(ifGone);
  if (webhook === null) return;
  const { failingSince, state } = webhook;
  if (outcome.ok) {
    if (failingSince !== null) await act('report', { failingSince: null });
    return;
  }
  const since = failingSince ?? outcome.at;
  if (failingSince === null) await act('report', { failingSince: since });
  if (state !== 'enabled') return;
  if (outcome.status === GONE) await act('giveUp', { because: `it answered ${GONE} Gone` });
  else if (over && Date.parse(outcome.at) - Date.parse(since) >= DISABLE_AFTER_MS)
    await act('giveUp', { because: `nothing was delivered since ${since}; at last: ${outcome.error}` });
}

function ifGone(error: unknown): null {
  if (DspexError.is(error) && error.status === 404) return null;
  throw error;
}
