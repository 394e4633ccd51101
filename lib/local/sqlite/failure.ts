import { DspexError, Internal, Unavailable } from '#lib/base/errors';

/** Primary result codes (sqlite.org/rescode.html) that say something about the disk or the file, not about our SQL. */
const REASONS: Readonly<Record<number, { code: string; reason: string; retryAfterSeconds?: number }>> = {
  5: { code: 'store_busy', reason: 'another program keeps the database locked', retryAfterSeconds: 1 },
  6: { code: 'store_busy', reason: 'another program keeps a table locked', retryAfterSeconds: 1 },
  8: { code: 'store_read_only', reason: 'the database cannot be written' },
  10: { code: 'store_io', reason: 'the disk does not read or write the database', retryAfterSeconds: 5 },
  11: { code: 'store_corrupt', reason: 'the database file is damaged: restore a backup' },
  13: {
    code: 'store_full',
    reason: 'there is no room left for the database; nothing was written',
    retryAfterSeconds: 30,
  },
  14: { code: 'store_unopenable', reason: 'the database file cannot be opened' },
  26: { code: 'store_corrupt', reason: 'the file is not a database' },
};

interface SqliteError extends Error {
  errcode: number;
}

/** Did SQLite itself fail, as opposed to a condition of ours? */
export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** What a caller is told when SQLite failed; every other error as it is. */
export function asDspexError(error: unknown): unknown {
  if (DspexError.is(error) || !isSqliteError(error)) return error;
  const known = REASONS[error.errcode & 0xff];
  if (known === undefined) return new Internal('store_failed', `SQLite failed: ${error.message}`, { cause: error });
  const { code, reason, retryAfterSeconds } = known;
  return new Unavailable(code, reason, {
    cause: error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
