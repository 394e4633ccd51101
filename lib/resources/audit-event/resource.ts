import * as z from 'zod';
import type { JsonObject } from '#lib/base/json';
import { EVENT_PREFIX, kindPk, recordPk } from '#lib/kernel/keys';
import { EVENT_KIND } from '#lib/kernel/outbox';
import type { Reader } from '#lib/kernel/resource';
import type { Item } from '#lib/ports/store';
import { defineResource } from '../define.ts';

/** Reads the events that every change leaves beside its record; there is no second copy. */
const reader: Reader = {
  filters: ['subject'],
  async get({ store }, workspaceId, id) {
    const page = await store.query({
      index: 'g1',
      pk: kindPk(workspaceId, EVENT_KIND),
      sk: { from: id, to: id },
      limit: 1,
    });
    return page.items[0] === undefined ? null : shown(page.items[0]);
  },
  async list({ store, kindOf }, workspaceId, { filter, limit, cursor, order }) {
    const subject = filter?.subject;
    const kind = subject === undefined ? null : kindOf(subject);
    if (subject !== undefined && kind === null) return { items: [], cursor: null };
    const page = await store.query({
      ...(subject === undefined || kind === null
        ? { index: 'g1' as const, pk: kindPk(workspaceId, EVENT_KIND) }
        : { pk: recordPk(workspaceId, kind, subject), sk: { prefix: EVENT_PREFIX } }),
      order: order === 'oldest' ? 'ascending' : 'descending',
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    return { items: page.items.map(shown), cursor: page.cursor };
  },
};

/** An event as a record that never changes. Messages stay out: they are ours. */
function shown({ data }: Item): JsonObject {
  const { id, workspaceId, type, subject, rev, time, traceId, principal, system, changed, data: details } = data;
  const head = { id, workspaceId, rev: 1, state: 'active', createdAt: time, updatedAt: time, createdBy: principal };
  return { ...head, type, subject, subjectRev: rev, system, traceId, changed, data: details } as JsonObject;
}

export const AuditEvent = defineResource({
  name: EVENT_KIND,
  path: 'audit-events',
  idPrefix: 'evt',
  doc: 'Who changed what, and when; newest first. Written in the transaction of the change itself.',
  readAccess: 'administer',
  attributes: {
    type: z.string().meta({ description: 'Resource and action: `Program.promote`.' }),
    subject: z.string().meta({ description: 'The id of the record that was changed.' }),
    subjectRev: z.int().nullable().meta({ description: 'Its revision after the change.' }),
    system: z.boolean().meta({ description: 'Done by the system on behalf of `createdBy`.' }),
    traceId: z.string(),
    changed: z.array(z.string()).meta({ description: 'Names of the attributes that have another value now.' }),
    data: z.record(z.string(), z.json()),
  },
  reader,
  actions: () => ({}),
});
