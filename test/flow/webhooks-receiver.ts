import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What a receiver does with a request: an answer, or nothing at all. */
export type Reaction = 'hang' | { status: number; headers?: Record<string, string>; body?: string };

export interface Receiver {
  url: string;
  host: string;
  received: Received[];
  /** What it does from now on; a list is used up, its last element stays. */
  react(...reactions: Reaction[]): void;
  /** Called before each answer. */
  before(wait: () => Promise<void>): void;
  close(): void;
}

/** A real HTTP server that behaves as badly as a test likes. */
export async function openReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let reactions: Reaction[] = [{ status: 200 }];
  let wait: () => Promise<void> = async () => undefined;
  const server: Server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    received.push({
      ...{ path: request.url ?? '', headers: request.headers },
      body: Buffer.concat(pieces).toString(),
    });
    const [reaction = { status: 200 }] = reactions;
    if (reactions.length > 1) reactions = reactions.slice(1);
    await wait();
    if (reaction === 'hang') return;
    response.writeHead(reaction.status, reaction.headers);
    response.end(reaction.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ url: `http://${host}/hook`, host, received },
    react: (...next) => {
      reactions = next;
    },
    before: (next) => {
      wait = next;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
