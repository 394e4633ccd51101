import * as z from 'zod';

/** What happened, as the receiver is told it: ids and numbers, no content. */
export const Happening = z.object({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  principal: z.string(),
  time: z.string(),
  data: z.record(z.string(), z.json()),
});
export type Happening = z.output<typeof Happening>;

export const Attempt = z.object({
  at: z.string(),
  ok: z.boolean(),
  status: z.int().nullable().meta({ description: 'HTTP status; null when there was no answer.' }),
  durationMs: z.number(),
  error: z.string().nullable(),
  response: z.string().meta({ description: 'The beginning of what was answered.' }),
});
export type Attempt = z.output<typeof Attempt>;

/** The body of the message, of one event always the same. Source: the payload structure of Standard Webhooks. */
export function payloadOf(workspaceId: string, { type, time, id, subject, principal, data }: Happening): string {
  return JSON.stringify({
    type,
    timestamp: time,
    data: { ...data, id: subject, event: id, workspaceId, by: principal },
  });
}
