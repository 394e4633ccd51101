import { createHmac, timingSafeEqual } from 'node:crypto';
import { InvalidInput } from '#lib/base/errors';
import { canonicalJson } from '#lib/base/json';

/** What a cursor belongs to; it is worth nothing anywhere else. */
export interface CursorScope {
  workspaceId: string;
  operationId: string;
  /** Path parameters and filters; not the page size, which may change from page to page. */
  of: Record<string, string>;
}

const MAC_BYTES = 16;

/** Opaque to the client: the store's own cursor behind a MAC over it and its scope. */
export function sealCursor(key: string | Uint8Array, scope: CursorScope, cursor: string): string {
  return Buffer.concat([macOf(key, scope, cursor), Buffer.from(cursor)]).toString('base64url');
}

export function openCursor(key: string | Uint8Array, scope: CursorScope, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const cursor = bytes.subarray(MAC_BYTES).toString();
  const genuine =
    bytes.length > MAC_BYTES &&
    // Decoding is lenient, so a changed spelling of the same bytes is refused too.
    bytes.toString('base64url') === sealed &&
    timingSafeEqual(bytes.subarray(0, MAC_BYTES), macOf(key, scope, cursor));
  if (!genuine) {
    const detail = 'wanted a nextCursor of this very list and these filters, there was another text';
    throw new InvalidInput('invalid_cursor', detail, { problems: [{ pointer: '/cursor', detail }] });
  }
  return cursor;
}

function macOf(key: string | Uint8Array, scope: CursorScope, cursor: string): Buffer {
  return createHmac('sha256', key)
    .update(canonicalJson([scope.workspaceId, scope.operationId, scope.of, cursor]))
    .digest()
    .subarray(0, MAC_BYTES);
}
