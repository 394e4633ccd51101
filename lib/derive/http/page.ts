import { openCursor, sealCursor } from './cursor.ts';
import { type Call, type Front, json } from './front.ts';
import { readLimit, readQuery } from './query.ts';
import type { Route } from './routes.ts';

interface PageRequest {
  limit: number;
  cursor?: string;
  /** Everything in the query string but `limit` and `cursor`. */
  filter: Record<string, string>;
}

/**
 * One page of a list: `{items, nextCursor}`, with a `Link` to the next. The cursor holds for this principal's workspace,
 * this route, this record and these filters only.
 */
export async function answerPage(
  c: Call,
  front: Front,
  route: Route,
  names: readonly string[],
  load: (request: PageRequest) => Promise<{ items: object[]; cursor: string | null }>,
): Promise<Response> {
  const { limit, cursor: sealed, ...filter } = readQuery(c.req.url, ['limit', 'cursor', ...names]);
  const size = readLimit(limit === undefined ? {} : { limit });
  const { workspaceId } = c.get('principal');
  const scope = { workspaceId, operationId: route.operationId, of: { id: c.req.param('id') ?? '', ...filter } };
  const { items, cursor } = await load({
    limit: size,
    filter,
    ...(sealed === undefined ? {} : { cursor: openCursor(front.cursorKey, scope, sealed) }),
  });
  const nextCursor = cursor === null ? null : sealCursor(front.cursorKey, scope, cursor);
  if (nextCursor !== null) {
    const query = new URLSearchParams({ ...filter, limit: String(size), cursor: nextCursor });
    c.header('link', `<${c.req.path}?${query}>; rel="next"`);
  }
  return json(c, { items, nextCursor });
}
