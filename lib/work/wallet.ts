import { type Failure, failureOf, StepFailure } from '#lib/base/failure';
import { newId } from '#lib/base/id';
import { type Amounts, plus } from '#lib/lm/budget/amounts';
import type { Ledger } from '#lib/lm/budget/ledger';
import { type Answered, createPurse, type OpenPurse, type Purse } from '#lib/lm/budget/purse';
import type { RunBudget } from '#lib/resources/budget/amounts';
import { budgetsOver, capOf, ledgerOf } from '#lib/resources/budget/ledgers';
import type { Home } from './home.ts';

/** What pays for a piece of work: a purse on every ledger that caps it. */
export interface Wallet extends Purse {
  /** The first refusal: what goes on without the money it needs is not a result, whatever came of it. */
  refusal(): Failure | null;
  /** Every answer that came, once for each key: from the provider, or from the cache. */
  answers(): Answered[];
  /** Gives back what was not used. */
  close(): Promise<void>;
}

/** An optimization's own budget, as far as what it does draws on it. */
export interface OwnBudget {
  id: string;
  budget: RunBudget | null;
  /** No call begins after this moment (epoch milliseconds). */
  until?: number | null;
  /** A block set aside for what the wallet is for. */
  from?: string;
}

/**
 * Blocks of one worst case: what a worker that died had in hand counts as spent, so little is to be in hand. Each costs a
 * transaction, which is a small part of what a model call takes.
 */
const CALLS_AT_ONCE = 1;

/** Null when nothing caps the work. `name` is shown in the ledger; close it when the work is done, whatever came of it. */
export async function openWallet(
  { services, clock }: Pick<Home, 'services' | 'clock'>,
  { workspaceId, programId, own }: { workspaceId: string; programId: string; own?: OwnBudget },
  name: string,
): Promise<Wallet | null> {
  const { store } = services;
  const now = () => clock.now();
  const purse = (ledger: Ledger, from?: string): OpenPurse =>
    createPurse({
      ...{ ledger, now, callsAtOnce: CALLS_AT_ONCE, id: `${name}#${newId('blk', now())}` },
      ...(from === undefined ? {} : { from }),
    });
  const shared = await budgetsOver(store, workspaceId, programId);
  const purses = shared.map((id) => purse(ledgerOf(store, workspaceId, id)));
  if (own !== undefined && capOf(own.budget) !== null)
    purses.unshift(purse(ledgerOf(store, workspaceId, own.id), own.from));
  const until = own?.until ?? null;
  if (purses.length === 0 && (own === undefined || own.budget === null)) return null;
  return walletOf(purses, () => until !== null && now() >= until);
}

function walletOf(purses: readonly OpenPurse[], isTooLate: () => boolean): Wallet {
  const answers = new Map<string, Answered>();
  let refusal: Failure | null = null;
  const refuse = (error: unknown): never => {
    const failure = failureOf(error);
    if (failure.name === 'Budget.Exceeded') refusal ??= failure;
    throw error;
  };
  return {
    refusal: () => refusal,
    answers: () => [...answers.values()],
    async draw(worst) {
      const drawn: { settle(used?: Amounts): void }[] = [];
      try {
        if (isTooLate()) throw new StepFailure('Budget.Exceeded', 'the time of the budget is over');
        for (const purse of purses) drawn.push(await purse.draw(worst));
      } catch (error) {
        for (const { settle } of drawn) settle({});
        return refuse(error);
      }
      return {
        settle: (used) => {
          for (const { settle } of drawn) settle(used);
        },
      };
    },
    answered: (answer) => void answers.set(answer.key, answer),
    close: async () => {
      for (const purse of purses) await purse.close();
    },
  };
}

/** What was paid for a set of answers, each counted once however often it was used. */
export function sumOf(answers: Iterable<Answered>): Amounts {
  let sum: Amounts = { calls: 0, tokens: 0, nanoUsd: 0 };
  const known = new Set<string>();
  for (const { key, took } of answers) {
    if (known.has(key)) continue;
    known.add(key);
    sum = plus(sum, took);
  }
  return sum;
}
