import { Unavailable } from '#lib/base/errors';
import { problemOf, retryAfterSeconds } from './problem.ts';

export interface TransportOptions {
  /** Where the API is: `http://127.0.0.1:8787`. With `fetch` it may be left out. */
  baseUrl?: string;
  apiKey: string;
  /** `(request) => app.fetch(request)` serves it in this very process. Default: the network. */
  fetch?: (request: Request) => Response | Promise<Response>;
  /** How often a call is made again after 429, 503 or a lost connection. Default 3. */
  retries?: number;
  /** The longest wait between two tries, in seconds, whatever `Retry-After` says. Default 30. */
  maxRetryAfterSeconds?: number;
  /** For tests, which own time. */
  sleep?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface Exchange {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** From `/v1` on, with its query string. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | ReadableStream<Uint8Array>;
  signal?: AbortSignal;
  /** May it be sent again without doing anything twice? */
  repeatable: boolean;
}

export type Send = (exchange: Exchange) => Promise<Response>;

/** Nothing was done: too many requests, not now, or the same request is still being carried out (409 says when to ask). */
function isWorthAnother(response: Response): boolean {
  return [429, 503].includes(response.status) || (response.status === 409 && retryAfterSeconds(response) !== undefined);
}

/** After a lost connection nobody knows what was done; a POST carries a key that makes up for it. */
const SAFE_WHEN_LOST = new Set(['GET', 'POST']);

/** Sends until there is an answer that is not worth another try; what is not 2xx or 304 is thrown as ApiProblem. */
export function transport(options: TransportOptions): Send {
  const {
    baseUrl = 'http://in-process',
    fetch: send = globalThis.fetch,
    retries = 3,
    maxRetryAfterSeconds = 30,
    sleep = wait,
  } = options;
  const attempt = async (exchange: Exchange): Promise<Response> => {
    const request = requestOf(baseUrl, options.apiKey, exchange);
    try {
      return await send(request);
    } catch (cause) {
      exchange.signal?.throwIfAborted();
      throw new Unavailable('unreachable', `cannot reach the API at ${baseUrl}: ${reasonOf(cause)}`, { cause });
    }
  };
  return async (exchange) => {
    for (let tries = 0; ; tries++) {
      const last = tries >= retries || !exchange.repeatable;
      const response = await attempt(exchange).catch((error: unknown) => {
        if (last || !(error instanceof Unavailable) || !SAFE_WHEN_LOST.has(exchange.method)) throw error;
        return null;
      });
      if (response !== null && (response.ok || response.status === 304)) return response;
      if (response !== null && (last || !isWorthAnother(response))) throw await problemOf(response);
      await response?.body?.cancel();
      const asked = response === null ? undefined : retryAfterSeconds(response);
      const seconds = Math.min(asked ?? 0.25 * 2 ** tries * (0.5 + Math.random()), maxRetryAfterSeconds);
      await sleep(seconds * 1000, exchange.signal);
    }
  };
}

function requestOf(baseUrl: string, apiKey: string, { method, path, headers, body, signal }: Exchange): Request {
  return new Request(new URL(path, baseUrl), {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...headers },
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  } as RequestInit);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
