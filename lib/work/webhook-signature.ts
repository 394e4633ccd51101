import { createHmac } from 'node:crypto';

export interface Signed {
  /** `webhook-id`: the same for every attempt. */
  id: string;
  /** Milliseconds since the epoch, of this attempt. */
  at: number;
  body: string;
}

/**
 * The three headers of a message, signed with every key that is good at present: receivers accept any.
 * Source: github.com/standard-webhooks/standard-webhooks, symmetric signatures (`v1`).
 */
export function signedHeaders({ id, at, body }: Signed, keys: readonly Uint8Array[]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const sign = (key: Uint8Array) =>
    `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': keys.map(sign).join(' ') };
}
