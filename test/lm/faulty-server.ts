import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a provider may do to us, over real HTTP on the loopback. */
export const FAULTS = {
  fine: (reply) => json(reply, 200, completion('[[ ## label ## ]]\nspam')),
  silent: () => {},
  throttled: (reply) => json(reply, 429, { error: { message: 'slow down' } }, { 'retry-after': '0' }),
  quota: (reply) => json(reply, 429, { error: { message: 'no money', code: 'insufficient_quota' } }),
  internal: (reply) => json(reply, 500, { error: { message: 'oops' } }),
  unavailable: (reply) => void reply.writeHead(503).end('<html>bad gateway</html>'),
  badRequest: (reply) => json(reply, 400, { error: { message: 'no such parameter' } }),
  badKey: (reply) => json(reply, 401, { error: { message: `Incorrect API key provided: ${KEY}.` } }),
  noModel: (reply) => json(reply, 404, { error: { message: 'no such model' } }),
  conflict: (reply) => json(reply, 409, { error: { message: 'again' } }),
  redirect: (reply) => void reply.writeHead(307, { location: 'http://127.0.0.1:1/steal' }).end(),
  garbage: (reply) => void reply.writeHead(200).end('\u0000<<<not json'),
  wrongShape: (reply) => json(reply, 200, { choices: [{ message: { content: { deep: 1 } } }] }),
  noChoices: (reply) => json(reply, 200, { object: 'list', data: [] }),
  jsonNull: (reply) => void reply.writeHead(200).end('null'),
  empty: (reply) => void reply.writeHead(200).end(),
  emptyText: (reply) => json(reply, 200, completion('')),
  truncated: (reply) => {
    const text = JSON.stringify(completion('cut'));
    reply.writeHead(200, { 'content-length': text.length });
    reply.write(text.slice(0, 30), () => reply.destroy());
  },
  hangUp: (reply) => void reply.destroy(),
  huge: (reply) => {
    reply.writeHead(200);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    const more = (left: number): void => {
      if (left === 0 || reply.destroyed) reply.end();
      else reply.write(piece, () => more(left - 1));
    };
    more(10);
  },
  drip: (reply) => {
    reply.writeHead(200);
    const timer = setInterval(() => (reply.destroyed ? clearInterval(timer) : reply.write(' ')), 5);
  },
} satisfies Record<string, (reply: http.ServerResponse) => void>;
export type Fault = keyof typeof FAULTS;

export const KEY = 'sk-canary-0123456789abcdef';

export function completion(content: string, more: Record<string, unknown> = {}) {
  return {
    id: 'c1',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content }, ...more }],
    usage: { prompt_tokens: 20, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 8 } },
  };
}

export function json(reply: http.ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  reply.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export interface Received {
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Record<string, unknown>;
}
export interface FaultyServer {
  endpoint: string;
  received: Received[];
  close(): Promise<void>;
}

/** Answers each call as `act` decides; `act` gets the call's position and content. */
export async function faultyServer(
  act: (reply: http.ServerResponse, received: Received, index: number) => void,
): Promise<FaultyServer> {
  const received: Received[] = [];
  const server = http.createServer((request, reply) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const call = { path: request.url ?? '', headers: request.headers, body: JSON.parse(text) };
      received.push(call);
      act(reply, call, received.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/v1`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
