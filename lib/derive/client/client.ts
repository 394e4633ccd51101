import { newId } from '#lib/base/id';
import type { Json, JsonObject } from '#lib/base/json';
import { readEvents, type ServerEvent } from './event-source.ts';
import { type Exchange, type TransportOptions, transport } from './transport.ts';

/** What the API answered, with what its headers say. */
export interface Answer<T = Json> {
  status: number;
  /** `null` for 204 and 304. */
  body: T;
  /** The record's revision: what `ifMatch` wants next time. */
  rev: number | null;
  /** Where a new record is, or where accepted work goes on. */
  location: string | null;
  /** The effect happened with an earlier request under the same key. */
  replayed: boolean;
  traceId: string | null;
}

export interface CallOptions {
  /** Absent for actions on the collection. */
  id?: string;
  input?: unknown;
  ifMatch?: number | '*';
  /** Made up when absent, so that a POST may always be sent again. */
  idempotencyKey?: string;
  /** Wait, as long as the API allows, until accepted work is settled. */
  wait?: boolean;
  /** A file instead of `input` as the body; `input` then goes into the query string. */
  upload?: { contentType: string; content: Uint8Array | string | ReadableStream<Uint8Array> };
  signal?: AbortSignal;
}

export interface ListOptions {
  filter?: Record<string, string>;
  order?: 'newest' | 'oldest';
  /** Of a page, 1 to 100; the iteration goes on over all pages. */
  limit?: number;
  signal?: AbortSignal;
}

/** Resources go by their names in URLs: `client.call('programs', 'run', { id, input: { question: '?' } })`. */
export interface Client {
  call<T = JsonObject>(resource: string, action: string, options?: CallOptions): Promise<Answer<T>>;
  /** With `rev` of an earlier answer, 304 and a `null` body mean that it is still the same. */
  get<T = JsonObject>(
    resource: string,
    id: string,
    options?: { rev?: number; signal?: AbortSignal },
  ): Promise<Answer<T>>;
  list<T = JsonObject>(resource: string, options?: ListOptions): AsyncGenerator<T, void, undefined>;
  version<T = JsonObject>(resource: string, id: string, version: number): Promise<Answer<T>>;
  versions<T = JsonObject>(
    resource: string,
    id: string,
    options?: Pick<ListOptions, 'limit' | 'signal'>,
  ): AsyncGenerator<T, void, undefined>;
  /** Ends when the API ends it; a lost connection is taken up again after the last event seen. */
  stream(
    resource: string,
    id: string,
    stream: string,
    options?: { after?: string; signal?: AbortSignal },
  ): AsyncGenerator<ServerEvent, void, undefined>;
}

/**
 * A client of the HTTP surface, over a socket or, with `fetch: (request) => app.fetch(request)`, without one.
 *
 *     const client = createClient({ baseUrl: 'http://127.0.0.1:8787', apiKey });
 *     const { body } = await client.call('programs', 'create', { input: { name: 'rag' } });
 */
export function createClient(options: TransportOptions): Client {
  const send = transport(options);
  const exchange = async <T>(what: Exchange): Promise<Answer<T>> => answerOf<T>(await send(what));
  const get = <T>(path: string, signal?: AbortSignal, headers: Record<string, string> = {}) =>
    exchange<T>({ method: 'GET', path, headers, repeatable: true, ...(signal === undefined ? {} : { signal }) });

  async function* pages<T>(
    path: string,
    query: Record<string, string>,
    signal?: AbortSignal,
  ): AsyncGenerator<T, void, undefined> {
    let cursor: string | null = '';
    while (cursor !== null) {
      const search = new URLSearchParams({ ...query, ...(cursor === '' ? {} : { cursor }) });
      const page: Answer<Page<T>> = await get<Page<T>>(`${path}?${search}`, signal);
      yield* page.body.items;
      cursor = page.body.nextCursor;
    }
  }

  return {
    call: (resource, action, call = {}) => exchange(exchangeOf(resource, action, call)),
    get: (resource, id, { rev, signal } = {}) =>
      get(pathOf(resource, id), signal, rev === undefined ? {} : { 'if-none-match': `"${rev}"` }),
    list: (resource, { filter, order, limit = 100, signal } = {}) =>
      pages(pathOf(resource), { ...filter, limit: String(limit), ...(order === undefined ? {} : { order }) }, signal),
    version: (resource, id, version) => get(pathOf(resource, id, 'versions', String(version))),
    versions: (resource, id, { limit = 100, signal } = {}) =>
      pages(pathOf(resource, id, 'versions'), { limit: String(limit) }, signal),
    async *stream(resource, id, stream, { after, signal } = {}) {
      for (let last = after ?? null, lost = 0; ; lost++) {
        const headers = { accept: 'text/event-stream', ...(last === null ? {} : { 'last-event-id': last }) };
        const path = pathOf(resource, id, stream);
        const response = await send({
          method: 'GET',
          path,
          headers,
          repeatable: true,
          ...(signal === undefined ? {} : { signal }),
        });
        try {
          for await (const event of readEvents(response.body as ReadableStream<Uint8Array>)) {
            lost = 0;
            last = event.id ?? last;
            yield event;
          }
          return;
        } catch (error) {
          // Without an id to go on from, events would be seen twice.
          if (signal?.aborted || last === null || lost >= 3 || !(error instanceof TypeError)) throw error;
        }
      }
    },
  };
}

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** The same rule by which the routes are derived. */
function exchangeOf(resource: string, action: string, call: CallOptions): Exchange {
  const { id, input, ifMatch, wait, upload, signal } = call;
  const [method, path] = placeOf(resource, action, id);
  const query = new URLSearchParams(upload ? queryOf(input) : {});
  if (wait) query.set('wait', 'true');
  const streamed = upload !== undefined && upload.content instanceof ReadableStream;
  return {
    method,
    path: query.size === 0 ? path : `${path}?${query}`,
    headers: {
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch === '*' ? '*' : `"${ifMatch}"` }),
      ...(method === 'POST' ? { 'idempotency-key': call.idempotencyKey ?? newId('idk') } : {}),
      ...(upload || method !== 'DELETE' ? { 'content-type': upload?.contentType ?? 'application/json' } : {}),
    },
    ...(method === 'DELETE' ? {} : { body: upload?.content ?? JSON.stringify(input ?? {}) }),
    ...(signal === undefined ? {} : { signal }),
    repeatable: !streamed,
  };
}

function placeOf(resource: string, action: string, id: string | undefined): [Exchange['method'], string] {
  if (id === undefined) return ['POST', action === 'create' ? pathOf(resource) : pathOf(resource, action)];
  if (action === 'update') return ['PATCH', pathOf(resource, id)];
  if (action === 'delete' || action === 'remove') return ['DELETE', pathOf(resource, id)];
  return ['POST', pathOf(resource, id, action)];
}

function pathOf(...parts: string[]): string {
  return ['/v1', ...parts.map((part) => encodeURIComponent(part))].join('/');
}

function queryOf(input: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(input ?? {}).map(([name, value]) => [name, String(value)]));
}

async function answerOf<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text();
  const rev = /^"(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1];
  return {
    status: response.status,
    body: (text === '' ? null : JSON.parse(text)) as T,
    rev: rev === undefined ? null : Number(rev),
    location: response.headers.get('location'),
    replayed: response.headers.get('idempotency-replayed') === 'true',
    traceId: response.headers.get('x-trace-id'),
  };
}
