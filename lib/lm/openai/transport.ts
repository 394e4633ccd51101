import type { IncomingMessage, RequestOptions } from 'node:http';
import { StepFailure } from '#lib/base/failure';
import { type Connections, createConnections, type Origin } from '../http/connections.ts';

/** The largest reply that is read; an answer of a model is far smaller. */
export const MAX_REPLY_BYTES = 8 * 1024 * 1024;

export interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  body: IncomingMessage;
}

/** Where to post to, taken apart once: doing so for every call costs as much as the rest of our part. */
export interface Target extends Origin {
  path: string;
  connections: Connections;
}

/** By origin: whoever posts to the same one uses the same connections. */
const kept = new Map<string, Connections>();

/** Throws StepFailure unless the URL is http or https. */
export function targetOf(url: URL): Target {
  const { protocol, hostname, port, pathname, search, host: authority } = url;
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new StepFailure('Model.Refused', `the endpoint must be http or https, not ${protocol}`);
  const host = hostname.replace(/^\[|\]$/gu, '');
  const origin = { protocol, host, port: port === '' ? DEFAULT_PORT[protocol] : Number(port), authority } as const;
  const connections = kept.get(url.origin) ?? createConnections(origin);
  kept.set(url.origin, connections);
  return { ...origin, path: pathname + search, connections };
}

const DEFAULT_PORT = { 'http:': 80, 'https:': 443 } as const;

type Client = { request: typeof import('node:http').request; agent: NonNullable<RequestOptions['agent']> };
const clients: { 'http:'?: Client; 'https:'?: Client } = {};

/**
 * Made with the first stream of its protocol. Taken as the built-in that it is: `import` would touch every export, and one
 * of them loads a whole second client.
 */
function clientOf(protocol: 'http:' | 'https:'): Client {
  const known = clients[protocol];
  if (known !== undefined) return known;
  const { Agent, request } = process.getBuiltinModule(protocol === 'http:' ? 'node:http' : 'node:https');
  const made = { request, agent: new Agent({ keepAlive: true, maxSockets: Infinity, scheduling: 'lifo' }) };
  clients[protocol] = made;
  return made;
}

/** Posts JSON and resolves with the reply's head. Follows no redirect. Rejects with StepFailure or the signal's reason. */
export function post(
  target: Target,
  headers: Record<string, string>,
  body: string,
  signal?: AbortSignal,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { protocol, host, port, path } = target;
    const { request: send, agent } = clientOf(protocol);
    const request = send({
      ...{ method: 'POST', protocol, host, port, path, agent },
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
    });
    // By hand, because `request({signal})` follows the whole life of the stream and costs 10 us a call.
    const abort = () => request.destroy(signal?.reason instanceof Error ? signal.reason : undefined);
    signal?.addEventListener('abort', abort, { once: true });
    request.on('close', () => signal?.removeEventListener('abort', abort));
    request.on('response', (reply) => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: reply }));
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : networkFailure(error)));
    if (signal?.aborted) abort();
    request.end(body);
  });
}

/** The whole text of a reply. */
export function readText(reply: IncomingMessage, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    reply.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_REPLY_BYTES) reply.destroy(tooLarge());
      else chunks.push(chunk);
    });
    reply.on('end', () => resolve((chunks.length === 1 ? (chunks[0] ?? '') : Buffer.concat(chunks)).toString('utf8')));
    reply.on('error', (error) => reject(signal?.aborted ? signal.reason : networkFailure(error)));
  });
}

/** The `data:` lines of server-sent events as they come. */
export async function* readEvents(reply: IncomingMessage, signal?: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Pieces of the unfinished line: joined once, so that a line of megabytes stays linear.
  let open: string[] = [];
  let bytes = 0;
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_REPLY_BYTES) throw tooLarge();
      const [first = '', ...more] = decoder.decode(chunk, { stream: true }).split(/\r\n|\n|\r/u);
      open.push(first);
      for (const next of more) {
        const line = open.join('');
        open = [next];
        if (line.startsWith('data:')) yield line.slice(5).trim();
      }
    }
    const line = open.join('');
    if (line.startsWith('data:')) yield line.slice(5).trim();
  } catch (error) {
    throw signal?.aborted ? signal.reason : networkFailure(error);
  }
}

export function tooLarge(): StepFailure {
  return new StepFailure('Model.Transient', `the reply is larger than ${MAX_REPLY_BYTES} bytes`);
}

export function networkFailure(error: unknown): unknown {
  if (error instanceof StepFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return new StepFailure('Model.Transient', `the connection to the provider broke (${code})`);
}
