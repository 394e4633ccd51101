import { checksum, sha256 } from '#lib/base/hash';
import { checkToken, TOKEN_SECONDS } from '#lib/ports/limits';
import { type Operation, STORE_LIMITS, StoreLimitExceeded, TransactionRefused } from '#lib/ports/store';

/**
 * The caller's token as one more item of its transaction. DynamoDB's own request token will not do: it compares the
 * whole request, and ours carries the time.
 */
export function withToken(token: string, operations: readonly Operation[], now: number): Operation[] {
  checkToken(token);
  if (operations.length >= STORE_LIMITS.operations)
    throw new StoreLimitExceeded(
      `with a token a transaction has at most ${STORE_LIMITS.operations - 1} operations here, got ${operations.length}`,
    );
  const item = {
    pk: `TOKEN#${sha256(token)}`,
    sk: '-',
    data: { digest: checksum(operations) },
    expiresAt: Math.ceil(now / 1000) + TOKEN_SECONDS,
  };
  return [...operations, { put: item, condition: { kind: 'absent' } }];
}

/**
 * What a refusal means when the last operation was the token: null when the transaction was carried out before, else
 * the error for the caller, who knows nothing of that operation.
 */
export function withoutToken(error: unknown, token: string, operations: readonly Operation[]): Error | null {
  if (!(error instanceof TransactionRefused)) return error as Error;
  const taken = error.refused.find(({ operation }) => operation === operations.length);
  if (taken === undefined) return error;
  if (taken.found?.data.digest === checksum(operations)) return null;
  return new StoreLimitExceeded(`the token ${token} already names another transaction of the last 10 minutes`);
}
