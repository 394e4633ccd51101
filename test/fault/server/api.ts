import type { JsonObject } from '#lib/base/json';
import { KEY } from './process.ts';

export interface Reply<T = JsonObject> {
  status: number;
  body: T;
  rev: string | null;
}

export interface Request {
  body?: unknown;
  rows?: string;
  ifMatch?: string | null;
}

/** Gone: nobody can know whether the request had its effect. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/** One request, sent once: what came of it is known only when there is an answer. */
export async function send<T = JsonObject>(
  address: string,
  method: string,
  path: string,
  request: Request = {},
): Promise<Reply<T>> {
  const headers: Record<string, string> = { authorization: `Bearer ${KEY}` };
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  if (request.rows !== undefined) headers['content-type'] = 'application/x-ndjson';
  if (request.ifMatch) headers['if-match'] = request.ifMatch;
  const body = request.rows ?? (request.body === undefined ? null : JSON.stringify(request.body));
  try {
    const response = await fetch(`${address}/v1/${path}`, { method, headers, body });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? null : JSON.parse(text)) as T,
      rev: response.headers.get('etag'),
    };
  } catch (cause) {
    throw new Unanswered(`${method} ${path}`, { cause });
  }
}

/** What must succeed. */
export async function must<T = JsonObject>(
  address: string,
  method: string,
  path: string,
  request: Request = {},
): Promise<Reply<T>> {
  const reply = await send<T>(address, method, path, request);
  if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply;
}

export async function all<T = JsonObject>(address: string, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Reply<{ items: T[]; nextCursor: string | null }> = await must(
      address,
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    items.push(...page.body.items);
    cursor = page.body.nextCursor;
  } while (cursor !== null);
  return items;
}
