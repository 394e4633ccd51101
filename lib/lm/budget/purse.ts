import { type Amounts, covers, minus, plus, times, within } from './amounts.ts';
import { demanded, type Ledger } from './ledger.ts';

/** What pays for model calls. */
export interface Purse {
  /**
   * Sets the worst case of a call aside before it is made. Throws StepFailure `Budget.Exceeded`.
   * `settle` says what it took; without an argument nobody knows, and the worst case counts.
   */
  draw(worst: Amounts): Promise<{ settle(used?: Amounts): void }>;
  /** Told of every answer that came by this purse's request, those of the cache included. */
  answered?(answer: Answered): void;
}

/** An answer by its cache key, what the call took when it was made, and when that was (epoch milliseconds). */
export interface Answered {
  key: string;
  took: Amounts;
  madeAt: number | null;
}

export interface OpenPurse extends Purse {
  /** Gives back what was not used. Calls that are still under way count with their worst case. */
  close(): Promise<void>;
}

export interface PurseOptions {
  ledger: Ledger;
  /** Names the block; another one for every purse. */
  id: string;
  /** Epoch milliseconds. */
  now: () => number;
  /** How many worst cases a block holds: more is fewer transactions and more that waits unused. */
  callsAtOnce?: number;
  /** From the last time it grew; a purse that was not closed by then counts as spent. */
  lifeMs?: number;
  /** A block that was set aside for this: taken from first, what is left of the budget after it. */
  from?: string;
}

const CALLS_AT_ONCE = 16;
const LIFE_MS = 15 * 60_000;

/** A block of the ledger in the hand of one process: draws are local, only a growing block asks the Store. */
export function createPurse(options: PurseOptions): OpenPurse {
  const { ledger, id, now, callsAtOnce = CALLS_AT_ONCE, lifeMs = LIFE_MS, from } = options;
  let held: Amounts | null = null;
  let used: Amounts = {};
  let drawn: Amounts = {};
  let deadline = 0;
  let growing: Promise<void> = Promise.resolve();

  /** Sets it aside if what is held covers it. Nothing begins in the last half of a block's life: it has to end within. */
  const setAside = (worst: Amounts): boolean => {
    if (held === null || now() >= deadline - lifeMs / 2) return false;
    const wanted = demanded(held, worst);
    if (!covers(minus(minus(held, used), drawn), wanted)) return false;
    drawn = plus(drawn, wanted);
    return true;
  };
  const take = async (amounts: Amounts): Promise<void> => {
    const until = now() + lifeMs;
    const asked = (source?: string) =>
      held === null ? ledger.reserve(id, amounts, until, source) : ledger.grow(id, amounts, until, source);
    const more = await (from === undefined ? asked() : asked(from).catch(() => asked()));
    held = held === null ? more : plus(held, more);
    deadline = until;
  };
  /** A hundred calls that find the purse empty need one block, not a hundred, so they come here one by one. */
  const growFor = async (worst: Amounts): Promise<void> => {
    if (setAside(worst)) return;
    // The last of a budget is drawn call by call.
    await take(times(worst, callsAtOnce)).catch(() => take(worst));
    setAside(worst);
  };

  return {
    async draw(worst) {
      if (!setAside(worst)) {
        const turn = growing.then(() => growFor(worst));
        growing = turn.catch(() => {});
        await turn;
      }
      const wanted = within(held ?? {}, worst);
      let open = true;
      return {
        settle(actual = wanted) {
          if (!open) return;
          open = false;
          drawn = minus(drawn, wanted);
          used = plus(used, within(wanted, actual));
        },
      };
    },
    async close() {
      await growing;
      if (held !== null) await ledger.close(id, held, plus(used, drawn));
      held = null;
    },
  };
}
