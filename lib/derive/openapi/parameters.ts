import type { JsonObject } from '#lib/base/json';
import type { ResourceInfo } from '#lib/kernel/info';
import { MAX_LIMIT } from '../http/query.ts';
import { acceptedBy, filtersOf, type Route } from '../http/routes.ts';
import { takesIfMatch } from './responses.ts';

/** Everything an operation takes beside its body. `upload` is the query schema of an upload. */
export function parametersOf(route: Route, upload: JsonObject | null): JsonObject[] {
  const action = 'action' in route ? route.action : null;
  return [
    ...(route.path.includes('{id}') ? [path('id', addressSchema(route.resource))] : []),
    ...(route.path.includes('{version}')
      ? [path('version', { type: 'integer', minimum: 1, maximum: 999_999_999 })]
      : []),
    ...pageParameters(route),
    ...(action !== null && acceptedBy(action, route.resource) !== null
      ? [query('wait', { type: 'boolean', default: false }, 'Wait, within bounds, until the work is settled.')]
      : []),
    ...Object.entries((upload?.properties ?? {}) as Record<string, JsonObject>).map(([name, schema]) => ({
      ...query(name, schema, ''),
      required: ((upload?.required ?? []) as string[]).includes(name),
    })),
    ...headersOf(route),
  ];
}

function pageParameters(route: Route): JsonObject[] {
  if (route.kind !== 'list' && route.kind !== 'versions') return [];
  const page = [
    query('limit', { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: 20 }, 'How many at most.'),
    query(
      'cursor',
      { type: 'string', minLength: 1, maxLength: 4096 },
      '`nextCursor` of the page before, under the same filters.',
    ),
  ];
  if (route.kind === 'versions') return page;
  return [
    ...page,
    query('order', { type: 'string', enum: ['newest', 'oldest'], default: 'newest' }, 'Which end comes first.'),
    ...filtersOf(route.resource).map((name) =>
      query(name, { type: 'string', minLength: 1 }, `Only those with this ${name}.`),
    ),
  ];
}

function headersOf(route: Route): JsonObject[] {
  const action = 'action' in route ? route.action : null;
  const tag = { type: 'string', pattern: '^("[0-9]{1,15}"|\\*)$' };
  return [
    ...(action !== null && takesIfMatch(route)
      ? [
          {
            name: 'If-Match',
            in: 'header',
            required: action.ifMatch,
            schema: tag,
            description: 'The ETag of the record as last read.',
          },
        ]
      : []),
    ...(action?.effect && route.method === 'POST'
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
            description: 'Sent again with the same body, the request has its effect once.',
          },
        ]
      : []),
    ...(route.kind === 'read' || route.kind === 'version'
      ? [
          {
            name: 'If-None-Match',
            in: 'header',
            schema: { type: 'string' },
            description: '304 when this ETag is still current.',
          },
        ]
      : []),
    ...(route.kind === 'stream'
      ? [{ name: 'Last-Event-ID', in: 'header', schema: { type: 'string' }, description: 'Go on after this event.' }]
      : []),
  ];
}

/** `prg_` and a lower-case ULID. */
export function idSchema(prefix: string): JsonObject {
  return { type: 'string', pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$` };
}

/** A resource with unique names answers to them as well. */
function addressSchema({ idPrefix, unique }: ResourceInfo): JsonObject {
  if (unique.length === 0) return idSchema(idPrefix);
  return {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    description: `Its id (\`${idPrefix}_...\`) or its ${unique[0]}.`,
  };
}

function path(name: string, schema: JsonObject): JsonObject {
  return { name, in: 'path', required: true, schema };
}

function query(name: string, schema: JsonObject, description: string): JsonObject {
  return { name, in: 'query', schema, ...(description === '' ? {} : { description }) };
}
