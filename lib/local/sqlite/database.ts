import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { Unavailable } from '#lib/base/errors';
import { asDspexError } from './failure.ts';

export type Row = Record<string, SQLOutputValue>;

/** One connection whose statements are prepared once. Its failures are raw; `reading` names them. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, pragmas: readonly string[] = []) {
    try {
      // A program that looks into the file (a backup, the sqlite3 shell) may hold it for a moment.
      this.#connection = new DatabaseSync(path, { timeout: 2000 });
      for (const pragma of pragmas) this.#connection.exec(`PRAGMA ${pragma}`);
    } catch (error) {
      throw asDspexError(error);
    }
  }

  /** Several statements without parameters. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  run(sql: string, ...values: SQLInputValue[]): { changes: number; lastInsertRowid: number } {
    const { changes, lastInsertRowid } = this.#prepared(sql).run(...values);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values);
  }

  /** Rows one by one; leaving the loop ends the statement. */
  iterate(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.#prepared(sql).iterate(...values);
  }

  pragma(name: string): SQLOutputValue | undefined {
    return Object.values(this.#connection.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  }

  /** Is a transaction open? SQLite ends one by itself after some failures. */
  get inTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  close(): void {
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** Runs a read so that its failures are those of the port. */
export async function reading<T>(database: Database, read: () => T): Promise<T> {
  if (!database.isOpen) throw new Unavailable('store_closed', 'the data folder is closed');
  try {
    return read();
  } catch (error) {
    throw asDspexError(error);
  }
}
