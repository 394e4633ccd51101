import type { JsonObject } from '#lib/base/json';
import type { Route } from '../http/routes.ts';
import { header } from './responses.ts';

export interface Parts {
  /** The answer's schema; null when it has no body. */
  output: JsonObject | null;
  /** What a 200 holds when accepted work was awaited; null where nothing is ever accepted. */
  accepted: JsonObject | null;
}

const ETAG = { ETag: header('The revision, as `If-Match` wants it.') };
const at = (description: string) => ({ Location: header(description) });

/** What each kind of route answers when all is well. */
const ANSWERS: Record<Route['kind'], (output: JsonObject, accepted: JsonObject | null) => JsonObject> = {
  list: page,
  versions: page,
  read: one,
  version: one,
  create: (output) => ({
    201: { description: 'Made.', headers: { ...ETAG, ...at('Its address.') }, content: json(output) },
  }),
  update: record,
  remove: () => ({ 204: { description: 'Removed.' } }),
  record: done,
  collection: done,
  stream: () => ({
    200: { description: 'Events, as they happen.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
  }),
};

export function successOf(route: Route, { output, accepted }: Parts): JsonObject {
  // An action on a record that is not a plain verb may still be of any kind.
  if (route.kind === 'record' && route.action.kind === 'update') return record(output ?? {});
  if (route.kind === 'record' && route.action.kind === 'remove') return ANSWERS.remove({}, null);
  return ANSWERS[route.kind](output ?? {}, accepted);
}

function record(output: JsonObject): JsonObject {
  return { 200: { description: 'Done: the record as it is now.', headers: ETAG, content: json(output) } };
}

function done(output: JsonObject, accepted: JsonObject | null): JsonObject {
  if (accepted === null) return { 200: { description: 'Done.', content: json(output) } };
  const later = json({ $ref: '#/components/schemas/Accepted' });
  return {
    200: { description: 'Settled.', content: json(accepted) },
    202: { description: 'Accepted.', headers: at('Where it goes on.'), content: later },
  };
}

function one(output: JsonObject): JsonObject {
  return {
    200: { description: 'As it is now.', headers: ETAG, content: json(output) },
    304: { description: 'Unchanged.' },
  };
}

function page(item: JsonObject): JsonObject {
  const schema = {
    type: 'object',
    properties: { items: { type: 'array', items: item }, nextCursor: { type: ['string', 'null'] } },
    required: ['items', 'nextCursor'],
  };
  return {
    200: {
      description: 'A page.',
      headers: { Link: header('The next page, as `rel="next"`.') },
      content: json(schema),
    },
  };
}

function json(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}
