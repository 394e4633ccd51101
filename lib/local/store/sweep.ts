import type { Clock } from '#lib/base/clock';
import type { Database } from '../sqlite/database.ts';
import type { GroupCommit } from '../sqlite/group-commit.ts';

const EVERY_MS = 60_000;
const ITEMS = `DELETE FROM items WHERE id IN
  (SELECT id FROM items WHERE expires_at IS NOT NULL AND expires_at * 1000 <= ? LIMIT 1000)`;
const TOKENS = `DELETE FROM tokens WHERE token IN (SELECT token FROM tokens WHERE expires_at <= ? LIMIT 1000)`;

/** Gives back the room of what has expired, now and then; reads do not depend on it. */
export class Sweep {
  readonly #database: Database;
  readonly #commits: GroupCommit;
  readonly #clock: Clock;
  #next: number;

  constructor(database: Database, commits: GroupCommit, clock: Clock) {
    this.#database = database;
    this.#commits = commits;
    this.#clock = clock;
    this.#next = clock.now() + EVERY_MS;
  }

  /** Called with every write; mostly does nothing. */
  maybe(): void {
    const now = this.#clock.now();
    if (now < this.#next) return;
    this.#next = now + EVERY_MS;
    const sweep = this.#commits.run(() => {
      this.#database.run(ITEMS, now);
      this.#database.run(TOKENS, now);
    });
    // A sweep that fails (a full disk) fails the next write too, which has a caller to tell.
    sweep.catch(() => undefined);
  }
}
