import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Connections, createConnections } from '#lib/lm/http/connections';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

const REPLY = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const HEAD = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n';
const REQUEST = `${HEAD}{}`;

/** A server that speaks bytes: `answer` is called with each connection that has brought a whole request. */
interface ByteServer {
  port: number;
  sockets: Socket[];
  requests: number;
}
const open: net.Server[] = [];
async function byteServer(answer: (socket: Socket, nth: number) => void, secure = false): Promise<ByteServer> {
  const seen: ByteServer = { port: 0, sockets: [], requests: 0 };
  const onSocket = (socket: Socket) => {
    seen.sockets.push(socket);
    let got = '';
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      got += piece.toString();
      while (got.startsWith(REQUEST)) {
        got = got.slice(REQUEST.length);
        answer(socket, seen.requests++);
      }
    });
  };
  const server = secure
    ? tls.createServer({ key: PRIVATE_KEY, cert: CERTIFICATE }, onSocket)
    : net.createServer(onSocket);
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  seen.port = (server.address() as AddressInfo).port;
  return seen;
}
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

const connectionsTo = (port: number, protocol: 'http:' | 'https:' = 'http:'): Connections =>
  createConnections({ protocol, host: '127.0.0.1', port, authority: 'x' });
const ask = (connections: Connections, signal?: AbortSignal) => connections.exchange(HEAD, '{}', 1000, signal);

describe('a connection', () => {
  test('is used again, and as many are opened as there are exchanges at once', async () => {
    const server = await byteServer((socket) => socket.write(REPLY));
    const connections = connectionsTo(server.port);
    for (let i = 0; i < 3; i++) expect((await ask(connections)).text).toBe('ok');
    expect(server.sockets.length).toBe(1);
    await Promise.all(Array.from({ length: 5 }, () => ask(connections)));
    expect(server.sockets.length).toBe(5);
    expect(server.requests).toBe(8);
  });

  test.each([
    ['says close', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok'],
    ['waits no longer than a second', 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 2\r\n\r\nok'],
    ['said more than was asked', `${REPLY}HTTP/1.1 500 Oops\r\n\r\n`],
  ])('is not used again when the server %s', async (_, reply) => {
    const server = await byteServer((socket) => socket.write(reply));
    const connections = connectionsTo(server.port);
    for (let i = 0; i < 2; i++) expect((await ask(connections)).text).toBe('ok');
    expect(server.sockets.length).toBe(2);
  });

  test('that the server closed, or spoke on unasked, is not used again', async () => {
    for (const disturb of [
      (socket: Socket) => socket.end(),
      (socket: Socket) => socket.write('HTTP/1.1 408 Late\r\n\r\n'),
    ]) {
      const server = await byteServer((socket) => socket.write(REPLY));
      const connections = connectionsTo(server.port);
      await ask(connections);
      const [first] = server.sockets as [Socket];
      const closed = once(first, 'close');
      disturb(first);
      await closed;
      expect((await ask(connections)).text).toBe('ok');
      expect(server.sockets.length).toBe(2);
    }
  });

  test('that breaks off before the reply is whole rejects, and the next exchange has a new one', async () => {
    const server = await byteServer((socket, nth) =>
      nth === 0 ? socket.end(REPLY.slice(0, -1)) : socket.write(REPLY),
    );
    const connections = connectionsTo(server.port);
    await expect(ask(connections)).rejects.toMatchObject({ code: 'CUT' });
    expect((await ask(connections)).text).toBe('ok');
  });

  test('whose exchange is aborted is closed, and the reason is what it rejects with', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const server = await byteServer((socket, nth) => {
      if (nth === 0) controller.abort(reason);
      else socket.write(REPLY);
    });
    const connections = connectionsTo(server.port);
    const asked = ask(connections, controller.signal);
    await expect(asked).rejects.toBe(reason);
    expect((await ask(connections)).text).toBe('ok');
    expect(server.sockets.length).toBe(2);
  });

  test('that nobody uses for a minute is closed, and one that is used is not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'Date'] });
    try {
      const server = await byteServer((socket) => socket.write(REPLY));
      const connections = connectionsTo(server.port);
      await Promise.all([ask(connections), ask(connections)]);
      const gone = Promise.race(server.sockets.map((socket) => once(socket, 'close')));
      for (let i = 0; i < 5; i++) {
        vi.advanceTimersByTime(20_000);
        await ask(connections);
      }
      await gone;
      expect(server.sockets.filter((socket) => !socket.destroyed).length).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test('that cannot be made rejects with the system’s code', async () => {
    const server = await byteServer(() => {});
    const last = open.pop() as net.Server;
    last.close();
    await once(last, 'close');
    await expect(ask(connectionsTo(server.port))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('over TLS', () => {
  test('nothing is said to a server that cannot show who it is', async () => {
    const server = await byteServer((socket) => socket.write(REPLY), true);
    await expect(ask(connectionsTo(server.port, 'https:'))).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(server.requests).toBe(0);
  });

  test('a trusted server is asked, over one connection', async () => {
    const server = await byteServer((socket) => socket.write(REPLY), true);
    const before = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...before, CERTIFICATE]);
    try {
      const connections = connectionsTo(server.port, 'https:');
      for (let i = 0; i < 3; i++) expect((await ask(connections)).text).toBe('ok');
      expect(server.sockets.length).toBe(1);
    } finally {
      tls.setDefaultCACertificates(before);
    }
  });
});
