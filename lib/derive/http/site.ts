import type { Call, Front } from './front.ts';
import type { RequestMetrics } from './metrics.ts';
import { routesOf } from './routes.ts';

/** What the process says about itself to anybody: no record of any workspace is among it. */
export const SITE = ['/healthz', '/metrics', '/openapi.json', '/docs', '/docs/{file}'];

type Handler = (c: Call) => Response | Promise<Response>;

export function siteHandlers(front: Front, metrics: RequestMetrics): Record<string, Handler> {
  // Both are needed by few processes and late: they are loaded with the first request that wants them.
  let openapi: Promise<string> | null = null;
  const document = async () => {
    const { openApi } = await import('../openapi/document.ts');
    return JSON.stringify(openApi(routesOf(await front.kernel.resources()), { version: front.version }));
  };
  const docs = async (c: Call) => (await import('./docs.ts')).serveDocs(c);
  return {
    '/healthz': async (c) => {
      const unwell = await front.unwell();
      const well = Object.keys(unwell).length === 0;
      return c.body(JSON.stringify(well ? { status: 'ok' } : { status: 'unwell', unwell }), well ? 200 : 503, {
        'content-type': 'application/json',
      });
    },
    '/metrics': (c) =>
      c.body(metrics.text(front.metrics()), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
    '/openapi.json': async (c) => {
      openapi ??= document();
      return c.body(await openapi, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
    },
    '/docs': docs,
    '/docs/:file': docs,
  };
}
