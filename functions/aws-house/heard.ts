import { sha256 } from '#lib/base/hash';
import type { DomainEvent } from '#lib/ports/events';

/** What EventBridge calls a function with. */
export interface BusEvent {
  source: string;
  'detail-type': string;
  time: string;
  id: string;
  detail: unknown;
}

interface ObjectCreated {
  bucket: { name: string };
  object: { key: string; etag?: string; size?: number };
}

/** An event of the bus as ours; null for what is none of ours. `workspaceIds` are told of what happened outside of any. */
export function heard(event: BusEvent, workspaceIds: readonly string[]): DomainEvent[] {
  if (event.source === 'dspex') return [event.detail as DomainEvent];
  if (event.source !== 'aws.s3' || event['detail-type'] !== 'Object Created') return [];
  const { bucket, object } = event.detail as ObjectCreated;
  const subject = `s3://${bucket.name}/${object.key}`;
  return workspaceIds.map((workspaceId) => ({
    id: `evt_${sha256(event.id).slice(0, 26)}`,
    type: 'Object.created',
    workspaceId,
    subject,
    principal: 'system',
    time: event.time,
    data: { bucket: bucket.name, key: object.key, etag: object.etag ?? '' },
  }));
}
