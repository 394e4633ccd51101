import { Unavailable } from '#lib/base/errors';
import type { Database } from './database.ts';
import { asDspexError, isSqliteError } from './failure.ts';

interface Work {
  act: () => unknown;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
}
type Outcome = { value: unknown } | { error: unknown };

/** Bounds how long one commit holds the event loop. */
const GROUP = 256;

/**
 * All writes of the process. Those asked for in one turn of the event loop share one SQLite transaction and so one
 * fsync, which is what a durable write costs; each stands in a savepoint of its own, so that one that throws is taken
 * back alone. A work must be repeatable: when SQLite itself fails, the group is taken back and each tried alone.
 */
export class GroupCommit {
  readonly #database: Database;
  #waiting: Work[] = [];
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Durable when it resolves; rejects with what `act` threw, then nothing of it is written. */
  run<T>(act: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Unavailable('store_closed', 'the data folder is closed'));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ act, resolve, reject });
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    return promise as Promise<T>;
  }

  /** Commits what waits and takes nothing more. */
  close(): void {
    this.#closed = true;
    this.#flush();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < waiting.length; start += GROUP) this.#commit(waiting.slice(start, start + GROUP));
  }

  #commit(group: readonly Work[]): void {
    let outcomes: Outcome[];
    try {
      outcomes = this.#transaction(group);
    } catch (error) {
      if (group.length > 1) for (const work of group) this.#commit([work]);
      else group[0]?.reject(asDspexError(error));
      return;
    }
    for (const [position, work] of group.entries()) {
      const outcome = outcomes[position] as Outcome;
      if ('error' in outcome) work.reject(outcome.error);
      else work.resolve(outcome.value);
    }
  }

  #transaction(group: readonly Work[]): Outcome[] {
    this.#database.run('BEGIN IMMEDIATE');
    try {
      const outcomes = group.map((work) => this.#attempt(work));
      this.#database.run('COMMIT');
      return outcomes;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.run('ROLLBACK');
      throw error;
    }
  }

  #attempt(work: Work): Outcome {
    this.#database.run('SAVEPOINT work');
    try {
      const value = work.act();
      this.#database.run('RELEASE work');
      return { value };
    } catch (error) {
      // After a failure of its own SQLite may have ended the transaction: then the whole group starts again.
      if (isSqliteError(error) || !this.#database.inTransaction) throw error;
      this.#database.run('ROLLBACK TO work');
      this.#database.run('RELEASE work');
      return { error };
    }
  }
}
