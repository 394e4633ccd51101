import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokenReply, ReplyReader } from '#lib/lm/http/reply-reader';

const MAX = 1000;

/** A reader that was given `text` piece by piece, cut at `cuts`, and whether the reply was whole after the last. */
function readPieces(text: string, cuts: readonly number[] = []): { reader: ReplyReader; whole: boolean } {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new ReplyReader(MAX);
  const ends = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort((a, b) => a - b);
  let whole = false;
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    const piece = Buffer.from(bytes.subarray(from, end));
    if (end > from) whole = reader.read(piece);
    // As the connection does, which reads the next piece into the same memory.
    piece.fill('?');
    from = Math.max(from, end);
  }
  return { reader, whole };
}

function codeOf(text: string): string {
  try {
    return readPieces(text).whole ? 'whole' : 'open';
  } catch (error) {
    if (error instanceof BrokenReply) return error.code;
    throw error;
  }
}

const chunked = (chunks: readonly string[], trailer = '') =>
  `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('')}0\r\n${trailer}\r\n`;
const measured = (body: string, head = '') => `HTTP/1.1 200 OK\r\n${head}content-length: ${body.length}\r\n\r\n${body}`;

describe('where a reply ends', () => {
  test.each([
    ['a length', measured('hello'), 'hello', true],
    ['a length of nothing', measured(''), '', true],
    ['chunks', chunked(['he', 'llo']), 'hello', true],
    ['no chunk at all', chunked([]), '', true],
    ['chunks with extensions', chunked(['hello']).replace('5\r\n', '5;a="b"\r\n'), 'hello', true],
    ['chunks and trailers', chunked(['hello'], 'x-checksum: 1\r\n'), 'hello', true],
    ['a status without content', 'HTTP/1.1 204 No Content\r\n\r\n', '', true],
    ['a length, and the server hangs up', measured('hello', 'Connection: close\r\n'), 'hello', false],
    ['a length of HTTP/1.0', measured('hello').replace('1.1', '1.0'), 'hello', false],
  ])('%s', (_, text, body, reusable) => {
    const { reader, whole } = readPieces(text);
    expect(whole).toBe(true);
    expect(reader.reply().text).toBe(body);
    expect(reader.reusable).toBe(reusable);
  });

  test('without a length or chunks it is where the connection ends, which is used no more', () => {
    const { reader, whole } = readPieces('HTTP/1.1 200 OK\r\n\r\nhello');
    expect(whole).toBe(false);
    reader.closed();
    expect([reader.reply().text, reader.reusable]).toEqual(['hello', false]);
  });

  test('a connection that ends before is no reply, wherever it was cut', () => {
    for (const text of [measured('hello'), chunked(['he', 'llo'], 'a: b\r\n')])
      for (let length = 0; length < text.length; length++) {
        const { reader, whole } = readPieces(text.slice(0, length));
        expect(whole).toBe(false);
        expect(() => reader.closed()).toThrow(BrokenReply);
      }
  });

  test('bytes behind it are nobody’s, and the connection is used no more', () => {
    const { reader, whole } = readPieces(`${measured('hello')}HTTP/1.1 200 OK\r\n\r\n`);
    expect([whole, reader.reply().text, reader.reusable]).toEqual([true, 'hello', false]);
  });

  test('announcements before the reply are passed over', () => {
    const { reader, whole } = readPieces(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\na: b\r\n\r\n${measured('x')}`,
    );
    expect([whole, reader.status, reader.headers.a, reader.reply().text]).toEqual([true, 200, undefined, 'x']);
  });
});

describe('what is read', () => {
  test('the status, and headers in lower case, repeated ones joined', () => {
    const head = 'Retry-After:  7 \r\nX-One: a\r\nx-one: b\r\nEmpty:\r\n__proto__: polluted\r\n';
    const { headers, status } = readPieces(measured('', head).replace('200 OK', '429')).reader.reply();
    expect(status).toBe(429);
    expect(headers).toMatchObject({ 'retry-after': '7', 'x-one': 'a, b', empty: '' });
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });

  test('UTF-8, also where a piece ends inside a letter', () => {
    const bytes = Buffer.from('täglich 😀');
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new ReplyReader(MAX);
      reader.read(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n`));
      expect([reader.read(bytes.subarray(0, cut)), reader.read(bytes.subarray(cut))]).toEqual([false, true]);
      expect(reader.reply().text).toBe('täglich 😀');
    }
  });

  test('the same whatever the pieces it comes in', () => {
    const bodies = fc.array(
      fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', ' '), minLength: 1, maxLength: 40 }),
    );
    fc.assert(
      fc.property(bodies, fc.boolean(), fc.array(fc.nat(400), { maxLength: 60 }), (chunks, inChunks, cuts) => {
        const text = inChunks ? chunked(chunks, 'a: b\r\n') : measured(chunks.join(''));
        const { reader, whole } = readPieces(text, cuts);
        expect(whole).toBe(true);
        expect(reader.reply().text).toBe(chunks.join(''));
        expect(reader.reusable).toBe(true);
      }),
    );
  });
});

describe('what is refused', () => {
  const withHead = (head: string) => `HTTP/1.1 200 OK\r\n${head}\r\n\r\nxxxxx`;
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', 'NO_HTTP_REPLY'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n', 'NO_HTTP_REPLY'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\n\r\n', 'NO_HTTP_REPLY'],
    ['a line that is no field', withHead('no field here'), 'NO_HTTP_REPLY'],
    ['a field without a name', withHead(': x'), 'NO_HTTP_REPLY'],
    ['a space before the colon', withHead('content-length : 5'), 'NO_HTTP_REPLY'],
    ['a folded line', withHead('a: b\r\n c'), 'NO_HTTP_REPLY'],
    ['two lengths', withHead('content-length: 5\r\ncontent-length: 4'), 'UNKNOWN_LENGTH'],
    ['a length beside chunks', withHead('content-length: 5\r\ntransfer-encoding: chunked'), 'UNKNOWN_LENGTH'],
    ['another encoding', withHead('transfer-encoding: gzip, chunked'), 'UNKNOWN_LENGTH'],
    ['a negative length', withHead('content-length: -1'), 'UNKNOWN_LENGTH'],
    ['a length in words', withHead('content-length: 0x5'), 'UNKNOWN_LENGTH'],
    ['a length above the limit', withHead(`content-length: ${MAX + 1}`), 'BODY_TOO_LARGE'],
    ['chunks above the limit', chunked(['x'.repeat(600), 'x'.repeat(600)]), 'BODY_TOO_LARGE'],
    ['an endless body above the limit', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(MAX + 1)}`, 'BODY_TOO_LARGE'],
    ['a chunk of no size', chunked([]).replace('0\r\n', 'zz\r\n'), 'CHUNK_SIZE'],
    ['a chunk of a size nobody has', chunked([]).replace('0\r\n', `${'f'.repeat(9)}\r\n`), 'CHUNK_SIZE'],
    ['a chunk longer than it said', chunked(['hello']).replace('5\r\n', '4\r\n'), 'CHUNK_SIZE'],
    ['a head without end', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(20_000)}`, 'HEAD_TOO_LARGE'],
    ['a long head', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(20_000)}\r\n\r\n`, 'HEAD_TOO_LARGE'],
    ['a chunk size without end', `${chunked([]).slice(0, -5)}${'0'.repeat(20_000)}`, 'HEAD_TOO_LARGE'],
    ['trailers without end', chunked([], 'a: b\r\n'.repeat(4000)), 'HEAD_TOO_LARGE'],
  ])('%s', (_, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  test('no bytes throw anything but the one error', () => {
    const pieces = fc.constantFrom(
      'HTTP/1.1 200 OK',
      '\r\n',
      'content-length: 3',
      'transfer-encoding: chunked',
      '3',
      'abc',
      '\0',
      ': ',
      'ff',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (all) => {
        codeOf(all.join(''));
      }),
    );
  });
});
