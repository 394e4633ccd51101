import { Conflict, type DspexError } from '#lib/base/errors';
import { holds } from '#lib/ports/condition';
import { type Condition, type Item, type Key, type Operation, type Store, TransactionRefused } from '#lib/ports/store';
import type { RecordOf } from './resource.ts';

/** What a refused condition means: an error for the caller, or that the action is to be run again on fresh records. */
export type Refusal = (found: Item | null) => DspexError | 'again';

/** Thrown by `commit`: somebody else was faster; nothing was written. */
export class Again extends Error {
  override readonly name = 'Again';
}

interface Staged {
  operation: Operation;
  refused: Refusal;
}

/**
 * What one action, or several together, will write at once. Records written by an earlier action of the same
 * transaction are seen by the later ones (`records`), and writes of the same key fold into one.
 */
export class Transaction {
  readonly records = new Map<string, RecordOf | null>();
  readonly #staged = new Map<string, Staged>();

  get size(): number {
    return this.#staged.size;
  }

  operations(): Operation[] {
    return [...this.#staged.values()].map(({ operation }) => operation);
  }

  /** Order matters when several conditions fail: the first one staged explains it. */
  add(operation: Operation, refused: Refusal): void {
    const key = textOf(keyOf(operation));
    const earlier = this.#staged.get(key);
    if (earlier === undefined) {
      this.#staged.set(key, { operation, refused });
      return;
    }
    const there = writtenBy(earlier.operation);
    if (there !== undefined && operation.condition !== undefined && !holds(operation.condition, there)) {
      const meaning = refused(there);
      throw meaning === 'again' ? conflicting(key) : meaning;
    }
    this.#staged.set(key, { operation: fold(earlier.operation, operation), refused: earlier.refused });
  }

  async commit(store: Store, token?: string): Promise<void> {
    if (this.#staged.size === 0) return;
    try {
      await store.transact(this.operations(), token === undefined ? {} : { token });
    } catch (error) {
      if (!(error instanceof TransactionRefused)) throw error;
      throw this.#explain(error);
    }
  }

  #explain(error: TransactionRefused): Error {
    const staged = [...this.#staged.values()];
    for (const { operation, found } of [...error.refused].sort((a, b) => a.operation - b.operation)) {
      const meaning = staged[operation]?.refused(found) ?? 'again';
      return meaning === 'again' ? new Again() : meaning;
    }
    return new Conflict('conflict', 'the write was refused', { cause: error });
  }
}

export function keyOf(operation: Operation): Key {
  if ('put' in operation) return operation.put;
  if ('update' in operation) return operation.update;
  return 'delete' in operation ? operation.delete : operation.check;
}

export const textOf = (key: Key): string => `${key.pk} ${key.sk}`;

/** What stands under the key after the operation; `undefined` when that depends on the store. */
function writtenBy(operation: Operation): Item | null | undefined {
  if ('put' in operation) return operation.put;
  return 'delete' in operation ? null : undefined;
}

/** The later write under the earlier condition: what stands in the store is still what the first one expected. */
function fold(earlier: Operation, later: Operation): Operation {
  if ('update' in later || 'update' in earlier) throw conflicting(textOf(keyOf(later)));
  if ('check' in later) return 'check' in earlier ? { ...earlier, condition: both(earlier, later) } : earlier;
  const condition = 'check' in earlier ? both(earlier, later) : earlier.condition;
  const write = 'put' in later ? { put: later.put } : { delete: later.delete };
  return condition === undefined ? write : { ...write, condition };
}

/** Nothing was written in between, so both expectations are about what stands in the store. */
function both(a: { condition: Condition }, b: { condition?: Condition }): Condition {
  return b.condition === undefined ? a.condition : { kind: 'all', of: [a.condition, b.condition] };
}

function conflicting(key: string): Conflict {
  return new Conflict('conflicting_writes', `two writes of ${key} in one transaction that exclude each other`);
}
