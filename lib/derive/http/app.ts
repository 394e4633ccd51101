import { Hono } from 'hono';
import { TrieRouter } from 'hono/router/trie-router';
import { MethodNotAllowed, NotFound } from '#lib/base/errors';
import { type AppOptions, type Call, type Env, frontOf } from './front.ts';
import { requestMetrics } from './metrics.ts';
import { asDspexError, problemHeaders, problemOf } from './problem.ts';
import { methodsAt } from './routes.ts';
import { SITE, siteHandlers } from './site.ts';
import { PATHS, tables } from './tables.ts';
import { traceIdOf } from './trace.ts';

/** Set before the answer is made, so that it is made once, errors included. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * The HTTP surface of a kernel: a pure function of its resources' declarations.
 *
 *     const app = createApp({ kernel, cursorKey });
 *     const answer = await app.request('/v1/programs', { headers: { authorization: `Bearer ${key}` } });
 */
export function createApp(options: AppOptions): Hono<Env> {
  const front = frontOf(options);
  const tableAt = tables(front);
  const metrics = requestMetrics();
  // The default router tries to build one regular expression first, which paths like ours do not allow: 10 ms for nothing.
  const app = new Hono<Env>({ router: new TrieRouter() });

  app.use('*', async (c, next) => {
    const started = performance.now();
    const traceId = traceIdOf(c.req.header('traceparent'));
    c.set('traceId', traceId);
    c.set('route', 'unmatched');
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    c.header('x-trace-id', traceId);
    await next();
    metrics.observe(
      METHODS.has(c.req.method) ? c.req.method : 'other',
      c.get('route'),
      c.res.status,
      (performance.now() - started) / 1000,
    );
  });
  // Before anything else is looked at: who has no key learns nothing, not even which routes there are.
  app.use('/v1/*', async (c, next) => {
    c.set('principal', await front.kernel.authenticate(c.req.header('authorization')));
    await next();
  });
  for (const [path, handler] of Object.entries(siteHandlers(front, metrics)))
    app.get(path, (c) => {
      c.set('route', path);
      return handler(c);
    });
  for (const path of PATHS)
    app.all(path, async (c, next) => {
      const table = await tableAt(c.req.path);
      const entry = table?.find(c.req.method, c.req.path);
      if (entry === undefined) return next();
      c.set('route', entry.route.path);
      return entry.handler(c);
    });
  const site = SITE.map((path) => ({ method: 'GET', path }));
  app.notFound(async (c) => {
    const table = await tableAt(c.req.path);
    const allow = methodsAt([...(table?.routes ?? []), ...site], c.req.path);
    if (allow.length === 0)
      return fail(c, new NotFound('route_unknown', `there is no route ${c.req.path.slice(0, 200)}`));
    c.header('allow', allow.join(', '));
    if (c.req.method === 'OPTIONS') return c.body(null, 204);
    return fail(
      c,
      new MethodNotAllowed(
        'method_not_allowed',
        `wanted ${allow.join(' or ')}, there was ${c.req.method.slice(0, 40)}`,
      ),
    );
  });
  app.onError((error, c) => fail(c, error));

  function fail(c: Call, thrown: unknown): Response {
    const error = asDspexError(thrown);
    const traceId = c.get('traceId');
    if (error.status >= 500 && !hasLeft(c, thrown))
      front.onFault({ traceId, method: c.req.method, route: c.get('route'), error: thrown });
    const body = JSON.stringify(problemOf(error, { instance: c.req.path, traceId }));
    return c.body(body, error.status as 500, problemHeaders(error, c.req.header('authorization') !== undefined));
  }
  return app;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']);

/** Work that stopped because its client went away is no fault of ours. */
function hasLeft(c: Call, thrown: unknown): boolean {
  const { aborted, reason } = c.req.raw.signal;
  return aborted && (thrown === reason || (thrown instanceof Error && thrown.name === 'AbortError'));
}
