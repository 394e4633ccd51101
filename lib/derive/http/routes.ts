import type { ActionInfo, ResourceInfo } from '#lib/kernel/info';
import type { Stream } from '#lib/kernel/resource';

/**
 * Every operation a set of resources has, as data: the HTTP handlers, the OpenAPI document and the conformance tests
 * read this one table, so none of them can know a route the others do not.
 */
export type Route =
  | (RouteBase & { kind: 'versions' | 'version' })
  | (RouteBase & { kind: ActionRouteKind; action: ActionInfo })
  | (RouteBase & { kind: 'stream'; name: string; stream: Stream });

export type ActionRoute = Extract<Route, { action: ActionInfo }>;
export type ActionRouteKind = 'list' | 'read' | 'create' | 'update' | 'remove' | 'record' | 'collection';
export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

interface RouteBase {
  method: Method;
  /** With braces: `/v1/programs/{id}/run`. */
  path: string;
  /** `Program.run`. */
  operationId: string;
  resource: ResourceInfo;
}

export function routesOf(resources: readonly ResourceInfo[]): Route[] {
  return resources.flatMap(routesOfOne);
}

/** None for an internal one. */
export function routesOfOne(resource: ResourceInfo): Route[] {
  if (resource.internal) return [];
  const base = `/v1/${resource.path}`;
  const routes: Route[] = [];
  for (const action of Object.values(resource.actions)) {
    // What no role may do has no address.
    if (action.access === 'system') continue;
    const [kind, method, path] = placeOf(action, base);
    routes.push({ kind, method, path, operationId: action.id, resource, action });
  }
  const view = (path: string, name: string) => ({
    method: 'GET' as const,
    path: `${base}/{id}/${path}`,
    operationId: `${resource.name}.${name}`,
    resource,
  });
  if (resource.versioned) {
    routes.push({ kind: 'versions', ...view('versions', 'versions') });
    routes.push({ kind: 'version', ...view('versions/{version}', 'version') });
  }
  for (const [name, stream] of Object.entries(resource.streams))
    routes.push({ kind: 'stream', ...view(name, name), name, stream });
  return routes;
}

/** The actions with these names are a resource's plain verbs; every other has a path of its own. */
const PLAIN: Record<string, Partial<Record<ActionInfo['kind'], [ActionRouteKind, Method, '' | '/{id}']>>> = {
  list: { list: ['list', 'GET', ''] },
  read: { read: ['read', 'GET', '/{id}'] },
  create: { create: ['create', 'POST', ''] },
  update: { update: ['update', 'PATCH', '/{id}'] },
  remove: { remove: ['remove', 'DELETE', '/{id}'] },
  delete: { remove: ['remove', 'DELETE', '/{id}'] },
};

function placeOf(action: ActionInfo, base: string): [ActionRouteKind, Method, string] {
  const plain = PLAIN[action.name]?.[action.kind];
  if (plain) return [plain[0], plain[1], base + plain[2]];
  if (action.kind === 'create') return ['create', 'POST', `${base}/${action.name}`];
  if (action.collection) return ['collection', 'POST', `${base}/${action.name}`];
  return ['record', 'POST', `${base}/{id}/${action.name}`];
}

/** The resource whose record a 202 of this action names; `null` when it always answers at once. */
export function acceptedBy(action: ActionInfo, resource: ResourceInfo): string | null {
  const declared = resource.declaration.actions[action.name];
  return declared?.kind === 'call' ? (declared.accepted ?? null) : null;
}

/** What a list may be filtered by. */
export function filtersOf(resource: ResourceInfo): string[] {
  const names = resource.reader === null ? resource.indexes.flatMap(({ by }) => by) : resource.reader.filters;
  return [...new Set(names)];
}

/** The methods a path takes, for `Allow`; empty when there is no such path. */
export function methodsAt(routes: readonly { method: string; path: string }[], path: string): string[] {
  const wanted = path.split('/');
  const methods = new Set(
    routes.filter((route) => matches(route.path.split('/'), wanted)).map((route) => route.method),
  );
  if (methods.has('GET')) methods.add('HEAD');
  if (methods.size > 0) methods.add('OPTIONS');
  return [...methods].sort();
}

/** Does this path belong to that pattern? Both split at `/`. */
export function matches(pattern: readonly string[], path: readonly string[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((part, i) => (part.startsWith('{') ? path[i] !== '' : part === path[i]))
  );
}
