import type { Amounts, Dimension } from '#lib/lm/budget/amounts';
import { createLedger, type Ledger } from '#lib/lm/budget/ledger';
import type { Key, Store } from '#lib/ports/store';

// Nobody has so many caps on one thing; each costs a transaction with every call.
const MOST = 20;

/** The partition of a ledger: of a Budget, or of an optimization with a budget of its own. */
export const ledgerPk = (workspaceId: string, id: string): string => `W#${workspaceId}#budget#${id}`;

export const ledgerOf = (store: Store, workspaceId: string, id: string): Ledger =>
  createLedger(store, ledgerPk(workspaceId, id));

/** Where work looks up which Budgets cap a workspace (`workspace`) or a program (its id). */
export const capKey = (workspaceId: string, scope: string, id: string): Key => ({
  pk: `W#${workspaceId}#caps`,
  sk: `${scope}#${id}`,
});

/** Ids of the Budgets that cap what is done in a workspace for a program; all of them have to have enough. */
export async function budgetsOver(store: Store, workspaceId: string, programId: string): Promise<string[]> {
  const of = async (scope: string): Promise<string[]> => {
    const { pk, sk } = capKey(workspaceId, scope, '');
    const { items } = await store.query({ pk, sk: { prefix: sk }, limit: MOST });
    return items.map((item) => item.sk.slice(sk.length));
  };
  return [...(await of('workspace')), ...(await of(programId))];
}

/** The capped part of an optimization's budget; null when only time is capped. */
export function capOf(budget: { [name in Dimension | 'seconds']?: number | undefined } | null): Amounts | null {
  if (budget === null) return null;
  const { seconds: _, ...cap } = budget;
  const amounts = Object.fromEntries(Object.entries(cap).filter(([, amount]) => amount !== undefined)) as Amounts;
  return Object.keys(amounts).length === 0 ? null : amounts;
}
