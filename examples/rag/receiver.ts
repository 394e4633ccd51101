import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** The other side of the program's effects: a log of answers, and a place to announce them that can be out of order. */
export interface Receiver {
  port: number;
  /** What the log holds now, by id. */
  answers: Map<string, unknown>;
  announced: unknown[];
  /** While true, every announcement is answered 409. */
  refuse: boolean;
  /** `METHOD /path` of each request that did something, in order. */
  heard: string[];
  close(): Promise<void>;
}

const MAX_BYTES = 64 * 1024;

/** Listens on 127.0.0.1. Port 0 takes a free one. */
export async function openReceiver({ port = 7444, refuse = false } = {}): Promise<Receiver> {
  const [answers, announced, heard]: [Map<string, unknown>, unknown[], string[]] = [new Map(), [], []];
  /** A repeated request, by its Idempotency-Key, gets the first one's reply and does nothing. */
  const replies = new Map<string, [status: number, body: unknown]>();

  const routes: Record<string, (body: unknown, url: URL) => [number, unknown]> = {
    'POST /answers': (body) => {
      const id = `answer-${heard.length}`;
      answers.set(id, body);
      return [201, { id }];
    },
    'DELETE /answers': (_body, url) => [200, { removed: answers.delete(url.searchParams.get('id') ?? '') }],
    'POST /announcements': (body) => {
      if (receiver.refuse) return [409, { error: 'announcements are closed' }];
      announced.push(body);
      return [202, { announced: true }];
    },
    'GET /answers': () => [200, Object.fromEntries(answers)],
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://receiver');
    const name = `${request.method} ${url.pathname}`;
    const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
    if (route === undefined) return answered(response, 404, { error: `no ${name}` });
    const key = String(request.headers['idempotency-key'] ?? '');
    const known = replies.get(key);
    if (known !== undefined) return answered(response, ...known);
    const body = await jsonOf(request);
    if (body === undefined) return answered(response, 400, { error: `wanted JSON of at most ${MAX_BYTES} bytes` });
    heard.push(name);
    const reply = route(body, url);
    if (key !== '' && reply[0] < 300) replies.set(key, reply);
    answered(response, ...reply);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const receiver: Receiver = {
    ...{ answers, announced, heard, refuse },
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return receiver;
}

function answered(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** null where there is no body, undefined where it is no JSON or too long. */
async function jsonOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece;
    if (text.length > MAX_BYTES) return undefined;
  }
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port } = await openReceiver({ refuse: process.argv.includes('--refuse') });
  console.log(`listening on http://127.0.0.1:${port}; GET /answers shows the log`);
}
