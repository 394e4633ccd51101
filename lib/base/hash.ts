import { hash } from 'node:crypto';
import { canonicalJson } from './json.ts';

/** SHA-256 of text or bytes as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data);
}

/** The checksum of a JSON value: equal values, whatever their key order, have equal checksums. */
export function checksum(value: unknown): string {
  return sha256(canonicalJson(value));
}
