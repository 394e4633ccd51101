import { InvalidInput, PreconditionRequired, Stale } from '#lib/base/errors';

/** The strong ETag of a record: its revision. */
export function etagOf(rev: number): string {
  return `"${rev}"`;
}

/**
 * `If-Match` as the revision the caller saw, or `'*'`. Absent where it is wanted: PreconditionRequired. A weak or foreign
 * tag can match nothing (RFC 9110, 13.1.1), so it is Stale.
 */
export function ifMatch(header: string | undefined, wanted: boolean): number | '*' | undefined {
  if (header === undefined) {
    if (!wanted) return undefined;
    throw new PreconditionRequired(
      'if_match_required',
      'wanted If-Match with the ETag of the record as last read, there was none',
    );
  }
  const value = header.trim();
  if (value === '*') return '*';
  if (!/^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(value))
    throw new InvalidInput('invalid_if_match', 'wanted If-Match to be one ETag such as "3", or *');
  const rev = /^"(\d{1,15})"$/.exec(value)?.[1];
  if (rev === undefined) throw new Stale('stale', 'If-Match names a revision that is not the current one');
  return Number(rev);
}

/** Does `If-None-Match` hold this tag? The comparison is weak, as RFC 9110 wants it for GET. */
export function isUnchanged(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

/** Any visible ASCII up to 255, as the client sent it. */
export function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header))
    throw new InvalidInput('invalid_idempotency_key', 'wanted Idempotency-Key to be 1 to 255 visible ASCII characters');
  return header;
}
