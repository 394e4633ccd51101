import type { Acting } from '#lib/kernel/kernel';
import { deadlineOf } from './affordable.ts';
import type { Home } from './home.ts';
import type { OptimizationRecord } from './optimization.ts';
import { type OwnBudget, openWallet, type Wallet } from './wallet.ts';

/** What pays for a part of the search: the budgets above it and its own, which has a time, too. */
export function walletFor(
  home: Home,
  { workspaceId }: Acting,
  record: OptimizationRecord,
  name: string,
): Promise<Wallet | null> {
  const { id, programId, budget } = record;
  const own: OwnBudget = { id, budget, until: deadlineOf(record) };
  return openWallet(home, { workspaceId, programId, own }, name);
}
