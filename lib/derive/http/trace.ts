import { randomUUID } from 'node:crypto';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const ZERO = /^0+$/;

/** The trace a request belongs to: that of its `traceparent` when it is a valid one (W3C Trace Context), else a new one. */
export function traceIdOf(traceparent: string | undefined): string {
  const [, traceId = '', parentId = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  return traceId === '' || ZERO.test(traceId) || ZERO.test(parentId) ? newTraceId() : traceId;
}

/** 122 random bits; unlike `randomBytes` it draws on a pool, so it costs no system call for each request. */
function newTraceId(): string {
  return randomUUID().replaceAll('-', '');
}
