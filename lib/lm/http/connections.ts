import type { OnReadOpts } from 'node:net';
import { Connection, type OpenSocket } from './connection.ts';
import type { WholeReply } from './reply-reader.ts';

/** Where to connect to. Data, so that it can be taken apart once for all calls. */
export interface Origin {
  protocol: 'http:' | 'https:';
  /** Without brackets. */
  host: string;
  port: number;
  /** As the `host` header has it. */
  authority: string;
}

/** How often connections that grew old are closed, for a server that does not. */
const SWEEP_MS = 30_000;

/** The connections to one origin: the one used last is used next, so that the others grow old and go. */
export interface Connections {
  exchange(head: string, body: string, maxBytes: number, signal: AbortSignal | undefined): Promise<WholeReply>;
}

export function createConnections(origin: Origin): Connections {
  const free: Connection[] = [];
  const connect = origin.protocol === 'https:' ? tlsTo(origin) : tcpTo(origin);
  let sweeping = false;
  const sweep = () => {
    const now = Date.now();
    for (const connection of free.splice(0)) {
      if (connection.usableUntil > now) free.push(connection);
      else connection.destroy();
    }
    sweeping = free.length > 0;
    if (sweeping) setTimeout(sweep, SWEEP_MS).unref();
  };
  const idle = (connection: Connection) => {
    free.push(connection);
    if (sweeping) return;
    sweeping = true;
    setTimeout(sweep, SWEEP_MS).unref();
  };
  const gone = (connection: Connection) => {
    const at = free.indexOf(connection);
    if (at >= 0) free.splice(at, 1);
  };
  const take = (): Connection | undefined => {
    if (free.length === 0) return undefined;
    const now = Date.now();
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      if (connection.usableUntil >= now) return connection;
      connection.destroy();
    }
    return undefined;
  };
  return {
    exchange(head, body, maxBytes, signal) {
      const connection = take() ?? new Connection(connect, origin.protocol === 'http:', idle, gone);
      return connection.exchange(head, body, maxBytes, signal);
    },
  };
}

// Every socket reads into the same memory, since a piece is used up before the next is read: a buffer of its own for each
// read is the largest garbage of an exchange.
const READ_BYTES = 64 * 1024;
let shared: Buffer | undefined;
function intoShared(read: (piece: Buffer) => void): OnReadOpts {
  shared ??= Buffer.allocUnsafeSlow(READ_BYTES);
  const buffer = shared;
  const callback = (bytes: number): boolean => {
    read(buffer.subarray(0, bytes));
    return true;
  };
  return { buffer, callback };
}

function tcpTo({ host, port }: Origin): OpenSocket {
  const net = process.getBuiltinModule('node:net');
  return (read) => net.connect({ host, port, noDelay: true, keepAlive: true, onread: intoShared(read) });
}

/** Taken only when it is needed: TLS costs a start some 20 ms. The last session is offered again, which saves a round trip. */
function tlsTo({ host, port }: Origin): OpenSocket {
  const net = process.getBuiltinModule('node:net');
  const tls = process.getBuiltinModule('node:tls');
  const servername = net.isIP(host) === 0 ? host : '';
  let session: Buffer | undefined;
  return (read) => {
    const socket = tls.connect({
      ...{ host, port, servername, ALPNProtocols: ['http/1.1'], onread: intoShared(read) },
      ...(session === undefined ? {} : { session }),
    });
    socket.setNoDelay(true).setKeepAlive(true);
    socket.on('session', (given: Buffer) => {
      session = given;
    });
    return socket;
  };
}
