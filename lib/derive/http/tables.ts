import type { Call, Front } from './front.ts';
import { handlerOf } from './handlers.ts';
import { matches, type Route, routesOfOne } from './routes.ts';

/** Every path that a route may have, whatever its resource: what `routesOf` derives fits one of them. */
export const PATHS = ['/v1/:noun', '/v1/:noun/:id', '/v1/:noun/:id/:name', '/v1/:noun/:id/versions/:version'];

export interface Table {
  routes: readonly Route[];
  /** `undefined` when there is no such route, or it does not take that method. */
  find(method: string, path: string): { route: Route; handler: (c: Call) => Promise<Response> } | undefined;
}

/**
 * The routes of the resource a path names, made when the first request asks for one of them: a process serves few
 * resources, and a start should not wait for the others. `null` when there is no such resource.
 */
export function tables(front: Front): (path: string) => Promise<Table | null> {
  const names = new Map(
    front.kernel.nouns.flatMap(({ path, name, internal }) => (internal === true ? [] : [[path, name] as const])),
  );
  const made = new Map<string, Promise<Table>>();
  return async (path) => {
    const [, version, place = ''] = path.split('/');
    const name = version === 'v1' ? names.get(place) : undefined;
    if (name === undefined) return null;
    const known = made.get(name);
    if (known !== undefined) return known;
    const making = tableOf(front, name);
    made.set(name, making);
    making.catch(() => made.delete(name));
    return making;
  };
}

async function tableOf(front: Front, name: string): Promise<Table> {
  const entries = routesOfOne(await front.kernel.resource(name)).map((route) => ({
    route,
    parts: route.path.split('/'),
    handler: handlerOf(front, route),
  }));
  return {
    routes: entries.map(({ route }) => route),
    find(method, path) {
      // The answer to HEAD is that to GET, without its body.
      const wanted = method === 'HEAD' ? 'GET' : method;
      const parts = path.split('/');
      return entries.find(({ route, parts: pattern }) => route.method === wanted && matches(pattern, parts));
    },
  };
}
