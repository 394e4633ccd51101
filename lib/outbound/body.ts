import type { IncomingMessage } from 'node:http';
import { StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import type { OutboundReply } from './exchange.ts';

/** The whole body; when it is longer than `maxBytes`, hangs up, and throws StepFailure `Effect.Failed` unless `cut`. */
export async function readBody(reply: IncomingMessage, maxBytes: number, cut = false): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of reply as AsyncIterable<Buffer>) {
    size += piece.byteLength;
    if (size > maxBytes && cut) return Buffer.concat([...pieces, piece]).subarray(0, maxBytes);
    if (size > maxBytes)
      throw new StepFailure('Effect.Failed', `the reply has more than ${maxBytes} bytes`, { retryable: false });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** JSON where the reply says so, else text. */
export function bodyValue({ headers, body, url }: OutboundReply): Json {
  const text = body.toString();
  if (!(headers['content-type'] ?? '').includes('json') || text === '') return text;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new StepFailure('Effect.Failed', `${url.origin} says it answers JSON and does not`, {
      cause: error,
      retryable: true,
    });
  }
}
