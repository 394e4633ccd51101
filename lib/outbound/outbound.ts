import { lookup } from 'node:dns/promises';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { StepFailure } from '#lib/base/failure';
import { readBody } from './body.ts';
import type { Outbound, OutboundRequest } from './exchange.ts';
import { checkAddresses, checkUrl, hostOf, isAllowed, type Rules, refused } from './rules.ts';

// Taken as the built-ins that they are: `import` would touch every export, and one of them loads a whole second client.
const http = process.getBuiltinModule('node:http');

export interface OutboundOptions extends Rules {
  /** The addresses of a host; for tests. */
  resolve?: (host: string) => Promise<{ address: string; family: number }[]>;
}

export function openOutbound({ allow, resolve = lookupAll }: OutboundOptions): Outbound {
  const rules = { allow };
  const https = process.getBuiltinModule('node:https');
  const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

  const send = (request: OutboundRequest, signal: AbortSignal): Promise<IncomingMessage> => {
    const { url, method, headers, body } = request;
    checkUrl(url, rules);
    if (request.secure === true && url.protocol !== 'https:' && !isAllowed(url, rules))
      throw refused(url, 'wanted https');
    const protocol = url.protocol as 'http:' | 'https:';
    const look = async (host: string) => {
      const found = await resolve(host);
      checkAddresses(
        url,
        found.map(({ address }) => address),
        rules,
      );
      return found;
    };
    const options: RequestOptions = {
      ...{ method, protocol, agent: agents[protocol], host: hostOf(url), path: url.pathname + url.search },
      ...(url.port === '' ? {} : { port: url.port }),
      headers: {
        'accept-encoding': 'identity',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      lookup: (host, wanted, done) => {
        look(host).then(
          (found) => {
            const [first] = found;
            if (first === undefined) done(new Error(`${host} has no address`), '', 4);
            else if (wanted.all) done(null, found);
            else done(null, first.address, first.family);
          },
          (error: Error) => done(error as NodeJS.ErrnoException, '', 4),
        );
      },
    };
    return new Promise((answer, reject) => {
      const sent = (protocol === 'http:' ? http : https).request(options);
      const abort = () => sent.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      signal.addEventListener('abort', abort, { once: true });
      sent.on('close', () => signal.removeEventListener('abort', abort));
      sent.on('response', answer);
      sent.on('error', reject);
      if (signal.aborted) abort();
      sent.end(body);
    });
  };

  return async (request) => {
    const timeout = AbortSignal.timeout(request.timeoutSeconds * 1000);
    const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout]);
    const where = `${request.method} ${request.url.origin}`;
    try {
      let current = request;
      for (let left = request.redirects ?? 0; ; left--) {
        const reply = await send(current, signal);
        const status = reply.statusCode ?? 0;
        const next = left > 0 ? redirectOf(current, reply) : undefined;
        if (next === undefined)
          return {
            ...{ status, headers: reply.headers, url: current.url },
            body: await readBody(reply, request.maxBytes, request.cut),
          };
        reply.resume();
        current = next;
      }
    } catch (error) {
      if (error instanceof StepFailure) throw error;
      if (request.signal?.aborted) throw new StepFailure('Cancelled', `${where}: cancelled`, { cause: error });
      const why = timeout.aborted ? `no answer within ${request.timeoutSeconds} s` : 'not reached';
      throw new StepFailure('Effect.Failed', `${where}: ${why}`, { cause: error, retryable: true });
    }
  };
}

const lookupAll = (host: string) => lookup(host, { all: true });

/** Where a GET is sent on to; secrets do not follow to another origin. */
function redirectOf(request: OutboundRequest, reply: IncomingMessage): OutboundRequest | undefined {
  const { location } = reply.headers;
  if (request.method !== 'GET' || location === undefined || !MOVED.has(reply.statusCode ?? 0)) return undefined;
  if (!URL.canParse(location, request.url.href)) throw refused(request.url, 'it redirects to no address');
  const url = new URL(location, request.url.href);
  if (url.origin === request.url.origin) return { ...request, url };
  const kept = Object.entries(request.headers).filter(([name]) => !PRIVATE.has(name.toLowerCase()));
  return { ...request, url, headers: Object.fromEntries(kept) };
}

const MOVED: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const PRIVATE: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'idempotency-key']);
