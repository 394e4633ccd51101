/** A reply that was read to its end. Header names are in lower case. */
export interface WholeReply {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

/** What came is no HTTP/1.1 reply, or more than is wanted; nothing more of the connection can be believed. */
export class BrokenReply extends Error {
  readonly code: string;

  constructor(code: 'HEAD_TOO_LARGE' | 'BODY_TOO_LARGE' | 'NO_HTTP_REPLY' | 'UNKNOWN_LENGTH' | 'CHUNK_SIZE' | 'CUT') {
    super(code);
    this.name = 'BrokenReply';
    this.code = code;
  }
}

const MAX_HEAD_BYTES = 16 * 1024;
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/u;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,8})[\t ]*(?:;|$)/u;
const LENGTH = /^\d{1,15}$/u;
const NOTHING = Buffer.alloc(0);

type Stage = 'head' | 'length' | 'until closed' | 'chunk size' | 'chunk' | 'chunk end' | 'trailer' | 'whole';

/**
 * One reply to one POST, from the pieces a connection brings (RFC 9112). Where the RFC leaves a choice it takes the
 * strict one: a length given twice, or beside chunks, is refused, since two readers might see two different replies.
 */
export class ReplyReader {
  status = 0;
  headers: Record<string, string> = {};
  /** Whether the connection can carry another exchange. Says so once the reply is whole. */
  reusable = false;
  private readonly maxBytes: number;
  private stage: Stage = 'head';
  /** What a line was cut off from; never more than a head. */
  private rest: Buffer = NOTHING;
  /** Of a body that came in one piece. */
  private text: string | undefined;
  private readonly body: Buffer[] = [];
  private bytes = 0;
  /** Of the body, or of the chunk. */
  private left = 0;
  private trailerBytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Takes the next piece; true when the reply is whole. The piece is not kept: its memory may be used again. Throws BrokenReply. */
  read(piece: Buffer): boolean {
    let data = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
    this.rest = NOTHING;
    while (this.stage !== 'whole') {
      const used = this.step(data);
      if (used < 0) {
        if (data.length > 0) this.rest = Buffer.from(data);
        return false;
      }
      data = used === data.length ? NOTHING : data.subarray(used);
    }
    // Bytes that nobody asked for belong to no reply.
    if (data.length > 0) this.reusable = false;
    return true;
  }

  /** The other side has closed. Throws BrokenReply unless that is what ends this reply. */
  closed(): void {
    if (this.stage !== 'until closed') throw new BrokenReply('CUT');
    this.stage = 'whole';
  }

  reply(): WholeReply {
    const text = this.text ?? Buffer.concat(this.body).toString('utf8');
    return { status: this.status, headers: this.headers, text };
  }

  /** How many bytes it took; -1 when it needs more than there are. */
  private step(data: Buffer): number {
    switch (this.stage) {
      case 'length':
      case 'chunk':
        return this.takeBody(data);
      case 'until closed':
        if (data.length === 0) return -1;
        this.keep(data);
        return data.length;
      case 'head': {
        const end = data.indexOf('\r\n\r\n');
        if (end > MAX_HEAD_BYTES || (end < 0 && data.length > MAX_HEAD_BYTES)) throw new BrokenReply('HEAD_TOO_LARGE');
        if (end < 0) return -1;
        this.readHead(data.toString('latin1', 0, end));
        return end + 4;
      }
      default:
        return this.takeLine(data);
    }
  }

  private takeBody(data: Buffer): number {
    if (data.length === 0) return -1;
    const size = Math.min(this.left, data.length);
    if (this.stage === 'length' && size === this.left && this.bytes === 0) {
      this.text = data.toString('utf8', 0, size);
      this.stage = 'whole';
      return size;
    }
    this.keep(size === data.length ? data : data.subarray(0, size));
    this.left -= size;
    if (this.left === 0) this.stage = this.stage === 'chunk' ? 'chunk end' : 'whole';
    return size;
  }

  private takeLine(data: Buffer): number {
    const end = data.indexOf('\r\n');
    if (end > MAX_HEAD_BYTES || (end < 0 && data.length > MAX_HEAD_BYTES)) throw new BrokenReply('HEAD_TOO_LARGE');
    if (end < 0) return -1;
    const line = data.toString('latin1', 0, end);
    if (this.stage === 'chunk size') {
      const size = CHUNK_SIZE.exec(line)?.[1];
      if (size === undefined) throw new BrokenReply('CHUNK_SIZE');
      this.left = Number.parseInt(size, 16);
      this.stage = this.left === 0 ? 'trailer' : 'chunk';
    } else if (this.stage === 'chunk end') {
      if (line !== '') throw new BrokenReply('CHUNK_SIZE');
      this.stage = 'chunk size';
    } else {
      this.trailerBytes += end + 2;
      if (this.trailerBytes > MAX_HEAD_BYTES) throw new BrokenReply('HEAD_TOO_LARGE');
      if (line === '') this.stage = 'whole';
    }
    return end + 2;
  }

  private keep(piece: Buffer): void {
    this.bytes += piece.length;
    if (this.bytes > this.maxBytes) throw new BrokenReply('BODY_TOO_LARGE');
    this.body.push(Buffer.from(piece));
  }

  private readHead(head: string): void {
    const lines = head.split('\r\n');
    const [, minor, status] = STATUS_LINE.exec(lines[0] ?? '') ?? [];
    if (minor === undefined) throw new BrokenReply('NO_HTTP_REPLY');
    this.status = Number(status);
    // A switch to another protocol was not asked for; other 1xx only say that the reply is on its way.
    if (this.status < 200 && this.status !== 101) return;
    if (this.status === 101) throw new BrokenReply('NO_HTTP_REPLY');
    const headers: Record<string, string> = {};
    for (let at = 1; at < lines.length; at++) {
      const line = lines[at] ?? '';
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon)).toLowerCase();
      if (!FIELD_NAME.test(name)) throw new BrokenReply('NO_HTTP_REPLY');
      const value = line.slice(colon + 1).trim();
      const other = Object.hasOwn(headers, name) ? headers[name] : undefined;
      if (other !== undefined && name === 'content-length') throw new BrokenReply('UNKNOWN_LENGTH');
      headers[name] = other === undefined ? value : `${other}, ${value}`;
    }
    this.headers = headers;
    this.reusable = minor === '1' && !/\bclose\b/iu.test(headers.connection ?? '');
    this.readLength(headers);
  }

  private readLength(headers: Readonly<Record<string, string>>): void {
    const { 'content-length': length, 'transfer-encoding': encoding } = headers;
    if (this.status === 204 || this.status === 304) this.stage = 'whole';
    else if (encoding !== undefined) {
      if (encoding.toLowerCase() !== 'chunked' || length !== undefined) throw new BrokenReply('UNKNOWN_LENGTH');
      this.stage = 'chunk size';
    } else if (length !== undefined) {
      if (!LENGTH.test(length)) throw new BrokenReply('UNKNOWN_LENGTH');
      this.left = Number(length);
      if (this.left > this.maxBytes) throw new BrokenReply('BODY_TOO_LARGE');
      this.stage = this.left === 0 ? 'whole' : 'length';
    } else {
      this.reusable = false;
      this.stage = 'until closed';
    }
  }
}
