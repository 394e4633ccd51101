import type { ActionInfo, ResourceInfo } from '#lib/kernel/info';
import type { DispatchRequest, RecordRequest } from '#lib/kernel/kernel';
import { answer, answerRead, answerSettled } from './answer.ts';
import { openUpload, readJson } from './body.ts';
import { eventStream } from './events.ts';
import { asked, type Call, type Front, json } from './front.ts';
import { answerPage } from './page.ts';
import { idempotencyKey, ifMatch, isUnchanged } from './preconditions.ts';
import { readFilter, readOrder, readQuery, readWait, typed } from './query.ts';
import { type ActionRoute, acceptedBy, filtersOf, type Route } from './routes.ts';

type Handler = (c: Call) => Promise<Response>;
type Of<K extends Route['kind']> = Route & { kind: K };

/** One handler for each kind of route, the same for every resource. */
const HANDLERS: { [K in Route['kind']]: (front: Front, route: Of<K>) => Handler } = {
  list: (front, route) => {
    const names = [...filtersOf(route.resource), 'order'];
    return (c) =>
      answerPage(c, front, route, names, ({ limit, cursor, filter: { order = 'newest', ...filter } }) => {
        const which = {
          ...(cursor === undefined ? {} : { cursor }),
          ...(Object.keys(filter).length === 0 ? {} : { filter: readFilter(filter) }),
        };
        return front.kernel.list({
          ...asked(c),
          resource: route.resource.name,
          limit,
          order: readOrder(order),
          ...which,
        });
      });
  },
  versions: (front, route) => (c) =>
    answerPage(c, front, route, [], ({ limit, cursor }) =>
      front.kernel.versions({ ...target(c, route.resource), limit, ...(cursor === undefined ? {} : { cursor }) }),
    ),
  read: (front, route) => async (c) => {
    readQuery(c.req.url, []);
    const result = await front.kernel.dispatch({ ...target(c, route.resource), action: 'read' });
    if (result.kind !== 'record') throw new TypeError(`${route.operationId} answered with ${result.kind}`);
    return answerRead(c, result);
  },
  version: (front, route) => async (c) => {
    readQuery(c.req.url, []);
    const text = c.req.param('version') ?? '';
    // What is no number of a version is one that is not there: only the kernel may say so, after it has looked who asks.
    const number = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : Number.NaN;
    const version = await front.kernel.version({ ...target(c, route.resource), version: number });
    const etag = `"${version.checksum}"`;
    c.header('cache-control', 'private, no-cache');
    if (isUnchanged(c.req.header('if-none-match'), etag)) return c.body(null, 304, { etag });
    return json(c, version, 200, { etag });
  },
  create: act,
  update: act,
  remove: act,
  record: act,
  collection: act,
  stream: (front, route) => async (c) => {
    readQuery(c.req.url, []);
    const at = { instance: c.req.path, traceId: c.get('traceId') };
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };
    const gone = new AbortController();
    const whole = { ...target(c, route.resource), signal: AbortSignal.any([c.req.raw.signal, gone.signal]) };
    const after = c.req.header('last-event-id')?.slice(0, 256) ?? null;
    const events = await front.kernel.stream({ ...whole, stream: route.name, after });
    if (c.req.method === 'HEAD') {
      gone.abort();
      return c.body(null, 200, headers);
    }
    const onError = (error: unknown) => front.onFault({ traceId: at.traceId, method: 'GET', route: route.path, error });
    const body = eventStream(events, {
      heartbeatMs: front.heartbeatSeconds * 1000,
      onCancel: () => gone.abort(),
      onError,
      at,
    });
    return c.body(body, 200, headers);
  },
};

export function handlerOf(front: Front, route: Route): Handler {
  return HANDLERS[route.kind](front, route as never);
}

function act(front: Front, route: ActionRoute): Handler {
  const { action, resource } = route;
  const waits = acceptedBy(action, resource) !== null;
  const parameters = [...(waits ? ['wait'] : []), ...(action.upload ? Object.keys(action.input.shape) : [])];
  return async (c) => {
    const { wait, ...query } = readQuery(c.req.url, parameters);
    const waiting = readWait({ ...(wait === undefined ? {} : { wait }) });
    const rev = action.collection ? undefined : ifMatch(c.req.header('if-match'), action.ifMatch);
    const key = route.method === 'POST' && action.effect ? idempotencyKey(c.req.header('idempotency-key')) : undefined;
    const call = { ...asked(c), resource: resource.name, action: action.name };
    const result = await front.kernel.dispatch({
      ...call,
      ...(action.collection ? {} : { id: c.req.param('id') ?? '' }),
      ...(await content(c, action, query)),
      ...(rev === undefined ? {} : { ifMatch: rev }),
      ...(key === undefined ? {} : { idempotencyKey: key }),
      requireIfMatch: action.ifMatch,
    });
    if (waiting && result.kind === 'accepted')
      return answerSettled(c, front.kernel, result, call, front.maxWaitSeconds);
    return answer(c, front.kernel, resource.name, result);
  };
}

/** The body as the dispatch wants it: decoded JSON, or a file that streams with its input in the query string. */
async function content(
  c: Call,
  action: ActionInfo,
  query: Record<string, string>,
): Promise<Pick<DispatchRequest, 'input' | 'upload'>> {
  if (action.upload) return { input: typed(query, action.input), upload: openUpload(c.req.raw, action.upload) };
  if (action.kind === 'remove') return {};
  return { input: await readJson(c.req.raw) };
}

function target(c: Call, resource: ResourceInfo): RecordRequest {
  return { ...asked(c), resource: resource.name, id: c.req.param('id') ?? '' };
}
