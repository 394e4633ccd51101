import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const ZERO = /^0+$/;

/** The trace a request belongs to: that of its `traceparent` when it is a valid one (W3C Trace Context), else a new one. */
export function traceIdOf(traceparent: string | undefined): string {
  const [, traceId = '', parentId = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  return traceId === '' || ZERO.test(traceId) || ZERO.test(parentId) ? randomBytes(16).toString('hex') : traceId;
}
