import { expect } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { Route } from '#lib/derive/http/routes';

/** What the suite needs to know about a house beyond its declarations. */
export interface World {
  app: { request(path: string, init?: RequestInit): Response | Promise<Response> };
  /** A key that may do everything in a workspace, and one of an admin elsewhere. */
  admin: string;
  stranger: string;
  /** Input that an operation accepts, by operationId; `{}` where nothing is said. `serial` is never the same twice. */
  inputs: Record<string, (serial: number) => JsonObject>;
  /** The same for uploads: the file, and the query string beside it. Where nothing is said, `a,b` and none. */
  uploads?: Record<string, (serial: number) => { file: string; query: string }>;
  /**
   * Makes a record and answers its id: of a resource that has no `create` of its own, or (by operationId) one that is in
   * the state which that operation wants.
   */
  records: Record<string, (world: World) => Promise<string>>;
  /** Resources of which a workspace has exactly one record. */
  single?: readonly string[];
  /** Operations that cannot succeed on a fresh record alone; they must still answer as documented. */
  refused?: readonly string[];
  close(): Promise<void>;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  code: string;
  traceId: string;
  errors: { pointer: string; detail: string }[];
}

export interface Said {
  status: number;
  headers: Headers;
  text: string;
  json(): JsonObject;
  /** Asserts that it is a problem document of this status (of any, when none is said). */
  problem(status?: number): Problem;
}

export interface Request {
  id?: string;
  /** Added to the input that is known to be good. */
  input?: JsonObject;
  /** Instead of any input. */
  body?: string | Uint8Array;
  query?: string;
  key?: 'admin' | 'stranger' | null;
  headers?: Record<string, string>;
}

export interface Ask {
  world(): World;
  line(method: string, path: string, request?: Request): Promise<Said>;
  /** The route with nothing in order but the path. */
  plain(route: Route, request: Request): Promise<Said>;
  /** The route as it wants to be asked, apart from what `request` says. */
  properly(route: Route, request?: Request): Promise<Said>;
  /** A fresh record; for an operation one that it can be carried out on. */
  record(resource: string, operationId?: string): Promise<{ id: string; rev: number }>;
  /** Whether the route, asked properly, must succeed: a transition that a fresh record does not have is 409, documented as well. */
  succeeds(route: Route): boolean;
  /** Content that the route takes; always the same for the same serial. */
  good(route: Route, serial?: number): Pick<Request, 'body' | 'query' | 'headers'>;
}

let serial = 0;

export function asker(routes: readonly Route[], world: () => World): Ask {
  const creates = new Map(
    routes.filter(({ operationId }) => operationId.endsWith('.create')).map((route) => [route.resource.name, route]),
  );
  const ask: Ask = {
    world,
    async line(method, path, { body, query, key = 'admin', headers = {} } = {}) {
      const authorization = key === null ? {} : { authorization: `Bearer ${world()[key]}` };
      const init = {
        method,
        headers: { ...authorization, ...headers },
        ...(body === undefined ? {} : { body }),
      } as RequestInit;
      const response = await world().app.request(query === undefined ? path : `${path}?${query}`, init);
      return said(response);
    },
    async plain(route, { id = 'x_1', body, ...request }) {
      const path = route.path.replace('{id}', id).replace('{version}', '1');
      const carries = body !== undefined && route.method !== 'GET';
      return ask.line(route.method, path, { ...request, ...(carries ? { body } : {}) });
    },
    async properly(route, { id, input, body, headers, query, ...request } = {}) {
      const onRecord = route.path.includes('{id}');
      const record =
        onRecord && id === undefined
          ? await ask.record(route.resource.name, route.operationId)
          : { id: id ?? '', rev: 1 };
      const good = ask.good(route);
      const json =
        good.body !== undefined && good.headers?.['content-type'] === 'application/json' && input !== undefined;
      const changed = json ? JSON.stringify({ ...JSON.parse(String(good.body)), ...input }) : good.body;
      return ask.plain(route, {
        id: record.id,
        ...request,
        ...(good.body === undefined ? {} : { body: body ?? changed ?? '' }),
        ...both(good.query, query),
        headers: {
          ...good.headers,
          ...('action' in route && route.action.ifMatch ? { 'if-match': `"${record.rev}"` } : {}),
          ...headers,
        },
      });
    },
    succeeds({ operationId, resource, ...route }) {
      if (world().refused?.includes(operationId) === true) return false;
      if (world().records[operationId] !== undefined || !('action' in route)) return true;
      return route.action.from === null || route.action.from.includes(resource.states[0] ?? '');
    },
    good(route, number = ++serial) {
      if (!('action' in route) || !['create', 'update', 'call'].includes(route.action.kind)) return { headers: {} };
      const { upload } = route.action;
      if (upload === null) {
        const input = world().inputs[route.operationId]?.(number) ?? {};
        return { body: JSON.stringify(input), headers: { 'content-type': 'application/json' } };
      }
      const { file, query } = world().uploads?.[route.operationId]?.(number) ?? { file: 'a,b\n', query: '' };
      return { body: file, ...both(query), headers: { 'content-type': upload.contentTypes[0] ?? '' } };
    },
    async record(resource, operationId = '') {
      const special = world().records[operationId] ?? world().records[resource];
      if (special) {
        const id = await special(world());
        const read = await ask.line('GET', `${pathOf(routes, resource)}/${id}`);
        expect(read.status, read.text).toBe(200);
        return { id, rev: Number(read.json().rev) };
      }
      const route = creates.get(resource);
      if (!route) throw new Error(`the world has to say in records how a ${resource} is made`);
      const answer = await ask.properly(route);
      expect(answer.status, answer.text).toBe(201);
      const { id, rev } = answer.json();
      return { id: String(id), rev: Number(rev) };
    },
  };
  return ask;
}

const pathOf = (routes: readonly Route[], resource: string): string =>
  routes.find((route) => route.resource.name === resource && route.kind === 'list')?.path ?? '';

/** Query strings beside each other. */
function both(...queries: (string | undefined)[]): { query?: string } {
  const query = queries.filter((one) => one !== undefined && one !== '').join('&');
  return query === '' ? {} : { query };
}

const TRACE = /^[0-9a-f]{32}$/;

async function said(response: Response): Promise<Said> {
  const text = await response.text();
  const json = () => JSON.parse(text) as JsonObject;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    problem(status) {
      if (status !== undefined) expect(response.status, text).toBe(status);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      const problem = json() as unknown as Problem;
      expect(problem).toMatchObject({
        type: `urn:dspex:problem:${problem.code}`,
        title: expect.any(String),
        status: response.status,
        detail: expect.any(String),
        instance: expect.stringMatching(/^\//),
        code: expect.stringMatching(/^[a-z][a-z_]+$/),
        traceId: expect.stringMatching(TRACE),
        errors: expect.any(Array),
      });
      expect(text).not.toMatch(/node_modules|\.ts:\d|at async/);
      return problem;
    },
  };
}
