import { Conflict } from '#lib/base/errors';
import { type Key, type Operation, type Store, TransactionRefused } from '#lib/ports/store';
import { rowKey } from './rows.ts';

/**
 * Who drives a record's work at present. Whoever takes it over puts a new lease in the transaction that says so; rows are
 * written only under the newest one, so a driver that was thought dead and comes back can write nothing any more.
 */
export interface Leased {
  workspaceId: string;
  resource: 'Execution' | 'Evaluation';
  id: string;
}

export function leaseKey(leased: Leased): Key {
  return rowKey({ ...leased, kind: 'lease' }, '-');
}

export function takeLease(leased: Leased, lease: string): Operation {
  return { put: { ...leaseKey(leased), data: { lease } } };
}

/** Throws Conflict `lease_lost`, and writes nothing, when somebody else has taken over. */
export async function writeUnderLease(
  store: Store,
  leased: Leased,
  lease: string,
  operations: readonly Operation[],
): Promise<void> {
  const held: Operation = { check: leaseKey(leased), condition: { kind: 'equals', attribute: 'lease', value: lease } };
  try {
    await store.transact([held, ...operations]);
  } catch (cause) {
    if (!(cause instanceof TransactionRefused) || !cause.refused.some(({ operation }) => operation === 0)) throw cause;
    throw new Conflict('lease_lost', `another worker has taken over ${leased.id}`, { cause });
  }
}
