import { StepFailure } from '#lib/base/failure';
import { BrokenReply, type WholeReply } from '../http/reply-reader.ts';
import { MAX_REPLY_BYTES, networkFailure, type Target, tooLarge } from './transport.ts';

// What a header may hold by RFC 9110; a line break in a secret would otherwise write headers of its own.
const FIELD_VALUE = /^[\t\x20-\x7e]*$/u;

/** Posts JSON and resolves with the whole reply. Follows no redirect. Rejects with StepFailure or the signal's reason. */
export async function postForText(
  target: Target,
  headers: Record<string, string>,
  body: string,
  signal?: AbortSignal,
): Promise<WholeReply> {
  signal?.throwIfAborted();
  let head = `POST ${target.path} HTTP/1.1\r\nhost: ${target.authority}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (!FIELD_VALUE.test(value))
      throw new StepFailure('Model.Refused', `the header ${name} holds characters that no header may hold`);
    head += `${name}: ${value}\r\n`;
  }
  try {
    return await target.connections.exchange(`${head}\r\n`, body, MAX_REPLY_BYTES, signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof BrokenReply && error.code === 'BODY_TOO_LARGE' ? tooLarge() : networkFailure(error);
  }
}
