import { DspexError, InvalidInput, TooLarge, UnsupportedMediaType } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { parseStrictJson } from './strict-json.ts';

export const MAX_BODY_BYTES = 1024 * 1024;

/** The JSON body of a request; an absent body is `{}`, so that the operation itself says which members it misses. */
export async function readJson(request: Request): Promise<Json> {
  const type = mediaType(request.headers.get('content-type'));
  if (type !== null) checkType(request, type, ['application/json']);
  refuseDeclaredLength(request, MAX_BODY_BYTES);
  const bytes = await readAll(request, MAX_BODY_BYTES);
  if (bytes.length === 0) return {};
  if (type === null) checkType(request, type, ['application/json']);
  return parseStrictJson(bytes);
}

/** A file on its way to an action: its type is checked at once, its size while it streams. */
export function openUpload(
  request: Request,
  allowed: { maxBytes: number; contentTypes: readonly string[] },
): { contentType: string; bytes: AsyncIterable<Uint8Array> } {
  const type = mediaType(request.headers.get('content-type'));
  const contentType = checkType(request, type, allowed.contentTypes);
  refuseDeclaredLength(request, allowed.maxBytes);
  return { contentType, bytes: limited(request, allowed.maxBytes) };
}

/** `application/json` of `Application/JSON; charset=utf-8`; null when absent. A foreign charset is kept, so that it is refused. */
function mediaType(header: string | null): string | null {
  if (header === null || header.trim() === '') return null;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  const utf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  return utf8 ? type.trim() : `${type.trim()}; ${charset}`;
}

function checkType(request: Request, type: string | null, allowed: readonly string[]): string {
  const encoding = request.headers.get('content-encoding');
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    throw new UnsupportedMediaType(
      'unsupported_media_type',
      `wanted a body without Content-Encoding, there was ${encoding.slice(0, 80)}`,
    );
  if (type === null || !allowed.includes(type))
    throw new UnsupportedMediaType(
      'unsupported_media_type',
      `wanted Content-Type ${allowed.join(' or ')}, there was ${type?.slice(0, 80) ?? 'none'}`,
    );
  return type;
}

function refuseDeclaredLength(request: Request, maxBytes: number): void {
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes, `${declared}`);
}

/** Counted as it arrives: a length that was declared, or not, proves nothing. */
async function* limited(request: Request, maxBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (request.body === null) return;
  let total = 0;
  try {
    for await (const chunk of request.body as ReadableStream<Uint8Array>) {
      total += chunk.byteLength;
      if (total > maxBytes) throw tooLarge(maxBytes, 'more');
      yield chunk;
    }
  } catch (cause) {
    if (DspexError.is(cause)) throw cause;
    brokeOff(cause);
  }
}

/**
 * A declared length of at most `maxBytes` has been held against what arrived by whoever parsed HTTP, so such a body may be
 * taken at once, which is much cheaper than a stream. Without a parser the length is checked afterwards.
 */
async function readAll(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.headers.has('content-length')) {
    const bytes = await request.arrayBuffer().catch(brokeOff);
    if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes, `${bytes.byteLength}`);
    return new Uint8Array(bytes);
  }
  const parts: Uint8Array[] = [];
  for await (const chunk of limited(request, maxBytes)) parts.push(chunk);
  return Buffer.concat(parts);
}

/** The client has hung up, or its stream has broken: nobody hears the answer, but it is no fault of ours. */
function brokeOff(cause: unknown): never {
  throw new InvalidInput('body_incomplete', 'the body broke off', { cause });
}

function tooLarge(maxBytes: number, found: string): TooLarge {
  return new TooLarge('body_too_large', `wanted a body of at most ${maxBytes} bytes, there were ${found}`);
}
