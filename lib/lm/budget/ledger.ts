import { StepFailure } from '#lib/base/failure';
import type { Json, JsonObject } from '#lib/base/json';
import { type Condition, type Item, type Operation, type Store, TransactionRefused } from '#lib/ports/store';
import { type Amounts, DIMENSIONS, minus, unknownIn, within } from './amounts.ts';

/**
 * A cap and what is left of it, in the Store. Work takes blocks out of it and pays from them, so that
 * `spent + reserved + left = cap` holds after every transaction, whoever dies when. A block has a deadline: one that nobody
 * closed by then is counted as spent, because nobody knows that it was not.
 */
export interface Ledger {
  /** Writes the cap once; opening it again changes nothing. */
  open(cap: Amounts): Promise<void>;
  /**
   * Takes a block and gives what it holds: the capped dimensions. Throws StepFailure `Budget.Exceeded` when that much is
   * not left, or a capped dimension is not known (a price). `id` names the block, once for ever. With `from` it comes out
   * of that block, which was set aside for the purpose.
   */
  reserve(id: string, block: Amounts, deadline: number, from?: string): Promise<Amounts>;
  /** Adds to a block that is still open and moves its deadline. Throws `Budget.Exceeded` when it is not, or too little is left. */
  grow(id: string, more: Amounts, deadline: number, from?: string): Promise<Amounts>;
  /** Gives back what was not used. False when the block was already counted as spent: then nothing changes. */
  close(id: string, block: Amounts, used: Amounts): Promise<boolean>;
  /** Gives back all that a block still holds. Nothing happens when it is not there any more. */
  release(id: string): Promise<void>;
  /** Counts blocks past their deadline as spent; gives their ids. `now` in epoch milliseconds. */
  sweep(now: number): Promise<string[]>;
  state(): Promise<LedgerState | null>;
}

export interface LedgerState {
  cap: Amounts;
  spent: Amounts;
  reserved: Amounts;
  left: Amounts;
}

const HEAD = 'ledger';
const BLOCK = 'block#';

/** `pk`: a partition of the ledger's own, such as `wsp_1#budget#opt_1`. */
export function createLedger(store: Pick<Store, 'get' | 'query' | 'transact'>, pk: string): Ledger {
  const head = { pk, sk: HEAD };
  const keyOf = (id: string) => ({ pk, sk: BLOCK + id });

  const capOf = async (): Promise<Amounts> => {
    const item = await store.get(head);
    if (item === null) throw new StepFailure('Internal', `the budget ${pk} was never opened`);
    return read(item, 'cap');
  };
  const take = (amounts: Amounts, from: string | undefined): Operation => {
    const [update, what] = from === undefined ? ([head, 'left'] as const) : ([keyOf(from), 'held'] as const);
    return { update, add: named(what, amounts, -1), condition: { kind: 'all', of: enough(what, amounts) } };
  };
  const give = (unused: Amounts, used: Amounts): Operation => ({
    update: head,
    add: { ...named('left', unused), ...named('spent', used) },
  });

  return {
    async open(cap) {
      await store.transact(opening(pk, cap)).catch(refused);
    },
    async reserve(id, block, deadline, from) {
      const amounts = demanded(await capOf(), block);
      const put = { ...keyOf(id), data: { ...named('held', amounts), deadline } };
      await store
        .transact([take(amounts, from), { put, condition: { kind: 'absent' } }])
        .catch((error: unknown) => exceeded(error, amounts));
      return amounts;
    },
    async grow(id, more, deadline, from) {
      const amounts = demanded(await capOf(), more);
      const add = named('held', amounts);
      const block: Operation = { update: keyOf(id), set: { deadline }, add, condition: { kind: 'exists' } };
      await store.transact([take(amounts, from), block]).catch((error: unknown) => exceeded(error, amounts));
      return amounts;
    },
    async close(id, block, used) {
      const cap = await capOf();
      const spent = within(cap, used);
      const operations = [
        { delete: keyOf(id), condition: { kind: 'exists' } as const },
        give(minus(within(cap, block), spent), spent),
      ];
      return store.transact(operations).then(() => true, refused);
    },
    async release(id) {
      for (;;) {
        const item = await store.get(keyOf(id));
        if (item === null) return;
        const held = read(item, 'held');
        const same = Object.entries(named('held', held)).map(
          ([attribute, value]) => ({ kind: 'equals', attribute, value }) as const,
        );
        const operations: Operation[] = [{ delete: keyOf(id), condition: { kind: 'all', of: same } }, give(held, {})];
        // Somebody has taken from it meanwhile: look again.
        if (await store.transact(operations).then(() => true, refused)) return;
      }
    },
    async sweep(now) {
      const swept: string[] = [];
      for (const item of await blocks(store, pk)) {
        const { deadline } = item.data;
        if (typeof deadline !== 'number' || deadline > now) continue;
        const same = { kind: 'equals', attribute: 'deadline', value: deadline } as const;
        const operations = [{ delete: item, condition: same }, give({}, read(item, 'held'))];
        // A block that was grown or closed meanwhile is not abandoned.
        if (await store.transact(operations).then(() => true, refused)) swept.push(item.sk.slice(BLOCK.length));
      }
      return swept;
    },
    async state() {
      const item = await store.get(head);
      if (item === null) return null;
      const [cap, spent, left] = [read(item, 'cap'), read(item, 'spent'), read(item, 'left')];
      return { cap, spent, left, reserved: minus(minus(cap, spent), left) };
    },
  };
}

/**
 * The writes that open a ledger, for whoever opens it together with something else. `setAside` is a block of its own from
 * the start: it waits under its name until somebody takes from it (`from`) or closes it.
 */
export function opening(pk: string, cap: Amounts, setAside?: { id: string; block: Amounts }): Operation[] {
  const held = within(cap, setAside?.block ?? {});
  const data = { ...named('cap', cap), ...named('left', minus(cap, held)), ...named('spent', within(cap, {})) };
  const head: Operation = { put: { pk, sk: HEAD, data }, condition: { kind: 'absent' } };
  if (setAside === undefined) return [head];
  const block = { pk, sk: BLOCK + setAside.id, data: { ...named('held', held), deadline: Number.MAX_SAFE_INTEGER } };
  return [head, { put: block, condition: { kind: 'absent' } }];
}

/** The write that raises a cap by so much; a dimension that has no cap gets none by it. */
export function raising(pk: string, more: Amounts): Operation {
  const had = Object.keys(more).map((name) => ({ kind: 'atLeast', attribute: nameOf('cap', name), value: 0 }) as const);
  return {
    update: { pk, sk: HEAD },
    add: { ...named('cap', more), ...named('left', more) },
    condition: { kind: 'all', of: had },
  };
}

/** The capped part of what is wanted; throws StepFailure `Budget.Exceeded` where a capped dimension is not known. */
export function demanded(cap: Amounts, amounts: Amounts): Amounts {
  const unknown = unknownIn(cap, amounts);
  if (unknown === undefined) return within(cap, amounts);
  throw new StepFailure('Budget.Exceeded', `a cap on ${unknown} refuses a call whose ${unknown} nobody knows`);
}

async function blocks(store: Pick<Store, 'query'>, pk: string): Promise<Item[]> {
  const found: Item[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.query({ pk, sk: { prefix: BLOCK }, limit: 1000, ...(cursor === null ? {} : { cursor }) });
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

const nameOf = (what: string, dimension: string): string => `${what}_${dimension}`;

function named(what: string, amounts: Amounts, sign = 1): Record<string, number> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [nameOf(what, name), sign * amount]));
}

function read({ data }: { data: JsonObject }, what: string): Amounts {
  const entries = DIMENSIONS.flatMap((name): [string, Json][] => {
    const amount = data[nameOf(what, name)];
    return typeof amount === 'number' ? [[name, amount]] : [];
  });
  return Object.fromEntries(entries);
}

function enough(what: string, amounts: Amounts): Condition[] {
  return Object.entries(amounts).map(([name, value]) => ({
    ...{ kind: 'atLeast', attribute: nameOf(what, name), value },
  }));
}

function refused(error: unknown): false {
  if (error instanceof TransactionRefused) return false;
  throw error;
}

function exceeded(error: unknown, wanted: Amounts): never {
  if (!(error instanceof TransactionRefused)) throw error;
  const [first] = error.refused;
  if (first?.key.sk !== HEAD)
    throw new StepFailure('Budget.Exceeded', 'the block is no longer open: it was counted as spent');
  const left = first.found === null ? {} : read(first.found, 'left');
  throw new StepFailure('Budget.Exceeded', `wanted ${shown(wanted)}, the budget has ${shown(left)} left`, {
    details: { wanted: { ...wanted }, left: { ...left } },
  });
}

const shown = (amounts: Amounts): string =>
  Object.entries(amounts)
    .map(([name, amount]) => `${amount} ${name}`)
    .join(', ');
