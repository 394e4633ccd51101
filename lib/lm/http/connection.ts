import type { Socket } from 'node:net';
import { BrokenReply, ReplyReader, type WholeReply } from './reply-reader.ts';

interface Waiting {
  reader: ReplyReader;
  resolve(reply: WholeReply): void;
  reject(error: unknown): void;
  signal: AbortSignal | undefined;
  abort: () => void;
}

/** How long a connection that nothing uses is trusted, unless the server says otherwise. */
const IDLE_MS = 60_000;

/** Opens a socket that hands over what it reads; the memory of a piece is used again when the call returns. */
export type OpenSocket = (read: (piece: Buffer) => void) => Socket;

/** A connection that carries one exchange after another. Knows nothing of who else has connections. */
export class Connection {
  /** Epoch milliseconds after which it must not be used again: a process may have been frozen since. */
  usableUntil = Number.POSITIVE_INFINITY;
  private readonly socket: Socket;
  private readonly idle: (connection: Connection) => void;
  private readonly gone: (connection: Connection) => void;
  private waiting: Waiting | undefined;

  /** Nothing is said to a server that has not shown who it is. */
  private secured: boolean;

  /** `idle` is told when it can be used again, `gone` when it never can. `secured` is false until a TLS socket says so. */
  constructor(
    open: OpenSocket,
    secured: boolean,
    idle: (connection: Connection) => void,
    gone: (connection: Connection) => void,
  ) {
    const socket = open((piece) => this.read(piece));
    this.socket = socket;
    this.secured = secured;
    this.idle = idle;
    this.gone = gone;
    socket.on('end', () => this.closed());
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new BrokenReply('CUT')));
  }

  /** Rejects with BrokenReply, the socket's error or the signal's reason. */
  exchange(head: string, body: string, maxBytes: number, signal: AbortSignal | undefined): Promise<WholeReply> {
    return new Promise((resolve, reject) => {
      const abort = () => this.fail(signal?.reason);
      this.waiting = { reader: new ReplyReader(maxBytes), resolve, reject, signal, abort };
      signal?.addEventListener('abort', abort, { once: true });
      this.socket.ref();
      if (this.secured) return void this.socket.write(head + body);
      this.socket.once('secureConnect', () => {
        this.secured = true;
        if (!this.socket.destroyed) this.socket.write(head + body);
      });
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  private read(piece: Buffer): void {
    const { waiting } = this;
    // Nothing was asked, so whatever this answers, it is not us.
    try {
      if (waiting === undefined) throw new BrokenReply('NO_HTTP_REPLY');
      if (waiting.reader.read(piece)) this.finish(waiting);
    } catch (error) {
      this.fail(error);
    }
  }

  private closed(): void {
    const { waiting } = this;
    try {
      if (waiting === undefined) throw new BrokenReply('CUT');
      waiting.reader.closed();
      this.finish(waiting);
    } catch (error) {
      this.fail(error);
    }
  }

  private finish({ reader, resolve, signal, abort }: Waiting): void {
    signal?.removeEventListener('abort', abort);
    this.waiting = undefined;
    // A server that answers before it has heard everything would take the rest for the next request.
    if (reader.reusable && this.socket.writableLength === 0 && this.socket.writable) {
      const seconds = Number(/\btimeout=(\d+)/iu.exec(reader.headers['keep-alive'] ?? '')?.[1] ?? Number.NaN);
      // One second less than the server waits, so that both do not hang up and call at the same time.
      this.usableUntil = Date.now() + (Number.isNaN(seconds) ? IDLE_MS : (seconds - 1) * 1000);
      this.socket.unref();
      this.idle(this);
    } else this.socket.destroy();
    resolve(reader.reply());
  }

  private fail(error: unknown): void {
    const { waiting } = this;
    this.waiting = undefined;
    this.gone(this);
    this.socket.destroy();
    if (waiting === undefined) return;
    waiting.signal?.removeEventListener('abort', waiting.abort);
    waiting.reject(error);
  }
}
