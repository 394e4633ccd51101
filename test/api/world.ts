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
  /** Makes a record of a resource that has no `create` of its own, and answers its id. */
  records: Record<string, (world: World) => Promise<string>>;
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
  /** A fresh record. */
  record(resource: string): Promise<{ id: string; rev: number }>;
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
    async properly(route, { id, input, body, headers, ...request } = {}) {
      const action = 'action' in route ? route.action : null;
      const onRecord = route.path.includes('{id}');
      const record = onRecord && id === undefined ? await ask.record(route.resource.name) : { id: id ?? '', rev: 1 };
      const takesBody = action !== null && ['create', 'update', 'call'].includes(action.kind);
      const good = world().inputs[route.operationId]?.(++serial) ?? {};
      const upload = action?.upload ?? null;
      return ask.plain(route, {
        id: record.id,
        ...request,
        ...(takesBody ? { body: body ?? (upload ? 'a,b\n' : JSON.stringify({ ...good, ...input })) } : {}),
        headers: {
          ...(takesBody ? { 'content-type': upload?.contentTypes[0] ?? 'application/json' } : {}),
          ...(action?.ifMatch ? { 'if-match': `"${record.rev}"` } : {}),
          ...headers,
        },
      });
    },
    async record(resource) {
      const special = world().records[resource];
      if (special) return { id: await special(world()), rev: 1 };
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
