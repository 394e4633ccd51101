import { randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** How many bytes a signing key may have. Source: github.com/standard-webhooks/standard-webhooks, "Signature scheme". */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** A signing secret as receivers are given it: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return `${PREFIX}${randomBytes(32).toString('base64')}`;
}

/** The bytes that sign, of a secret with or without its prefix; null when it is no such secret. */
export function keyOf(secret: string): Buffer | null {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const key = Buffer.from(text, 'base64');
  return key.length >= MIN_BYTES && key.length <= MAX_BYTES ? key : null;
}
