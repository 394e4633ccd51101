import type { JsonObject } from '#lib/base/json';
import type { ActionInfo } from '#lib/kernel/info';
import type { Route } from '../http/routes.ts';

/** Statuses of RFC 9457 problems, with what each means here. */
const PROBLEMS: Record<number, string> = {
  400: 'The request does not fit: `errors` names each place by JSON Pointer.',
  401: 'No valid key or token was presented.',
  403: 'The principal may see it but not do this.',
  404: 'There is no such thing in this workspace.',
  409: 'The present state forbids it, or a request with the same `Idempotency-Key` is in flight.',
  412: '`If-Match` names a revision that is no longer current.',
  413: 'The body is larger than this route takes.',
  415: 'The body has another media type than this route takes.',
  422: 'Well-formed, but it cannot be carried out; or the `Idempotency-Key` was used with another body.',
  428: '`If-Match` is required here.',
  429: 'Too many requests; `Retry-After` says when to come back.',
  500: 'A fault of ours; quote the `traceId`.',
  503: 'Something this depends on does not answer.',
};

export function problemStatuses(route: Route): number[] {
  const action = 'action' in route ? route.action : null;
  const writes = action?.effect === true;
  return [
    ...[400, 401, 403],
    // What merely reads may still need other records, and those in a certain state.
    ...(route.path.includes('{id}') || writes || action?.kind === 'call' ? [404] : []),
    ...(writes || action?.kind === 'call' ? [409] : []),
    ...(takesIfMatch(route) ? [412] : []),
    ...(action !== null && hasBody(action) ? [413, 415, 422] : []),
    ...(action?.ifMatch ? [428] : []),
    ...(route.method === 'POST' ? [429] : []),
    ...[500, 503],
  ];
}

/** Whatever is asked of one record by another method than GET may be made to depend on its revision. */
export function takesIfMatch(route: Route): boolean {
  return 'action' in route && !route.action.collection && route.method !== 'GET';
}

export function hasBody(action: ActionInfo): boolean {
  return ['create', 'update', 'call'].includes(action.kind);
}

export function problemRefs(statuses: readonly number[]): JsonObject {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Problem${status}` }]));
}

export function problemResponses(): JsonObject {
  const schema = { $ref: '#/components/schemas/Problem' };
  return Object.fromEntries(
    Object.entries(PROBLEMS).map(([status, description]) => [
      `Problem${status}`,
      {
        description,
        ...(status === '401' ? { headers: { 'WWW-Authenticate': header('How to authenticate.') } } : {}),
        ...(status === '429' || status === '503' ? { headers: { 'Retry-After': header('Seconds.') } } : {}),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  );
}

export function header(description: string): JsonObject {
  return { description, schema: { type: 'string' } };
}

const text = { type: 'string' };

/** Components that no resource declares. */
export const OWN_SCHEMAS: Record<string, JsonObject> = {
  Problem: {
    type: 'object',
    description: 'RFC 9457. `code` is stable; `errors` holds one entry for each thing wrong with the input.',
    properties: {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: text,
      instance: text,
      code: text,
      traceId: text,
      errors: {
        type: 'array',
        items: { type: 'object', properties: { pointer: text, detail: text }, required: ['pointer', 'detail'] },
      },
    },
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'traceId', 'errors'],
  },
  Accepted: {
    type: 'object',
    description: 'Work that goes on: the record at `href` tells how far it is.',
    properties: { resource: text, id: text, href: text },
    required: ['resource', 'id', 'href'],
  },
};
