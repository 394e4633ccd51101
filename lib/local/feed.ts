import { Conflict } from '#lib/base/errors';
import type { Feed, FeedHandle } from '#lib/ports/feed';
import type { Item } from '#lib/ports/store';
import { type Database, reading } from './sqlite/database.ts';
import type { GroupCommit } from './sqlite/group-commit.ts';
import type { Timer } from './timer.ts';

export interface LocalFeedParts {
  database: Database;
  commits: GroupCommit;
  timer: Timer;
}

const BATCH = 100;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 30_000;
const NEXT = `SELECT seq, item FROM feed ORDER BY seq LIMIT ${BATCH}`;
// The checkpoint: what has been handled is gone. Sequence numbers are never used again.
const HANDLED = 'DELETE FROM feed WHERE seq <= ?';
const LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'feed'";

/** The Feed port: a table written in the same transaction as the items, read by one delivery at a time. */
export class LocalFeed implements Feed {
  readonly #parts: LocalFeedParts;
  #delivery: Delivery | null = null;

  constructor(parts: LocalFeedParts) {
    this.#parts = parts;
  }

  async start(handler: (items: Item[]) => Promise<void>): Promise<FeedHandle> {
    if (this.#delivery !== null)
      throw new Conflict('feed_started', 'the feed is already being delivered: there is one handler at a time');
    const delivery = new Delivery(this.#parts, handler);
    this.#delivery = delivery;
    delivery.wake();
    return {
      caughtUp: () => delivery.caughtUp(),
      stop: async () => {
        await delivery.stop();
        if (this.#delivery === delivery) this.#delivery = null;
      },
    };
  }

  /** Told after each commit that put feed items. */
  wake(): void {
    this.#delivery?.wake();
  }

  async close(): Promise<void> {
    await this.#delivery?.stop();
    this.#delivery = null;
  }
}

/** Reads, hands over, checkpoints, and again while there is more; sleeps between commits. */
class Delivery {
  readonly #parts: LocalFeedParts;
  readonly #handler: (items: Item[]) => Promise<void>;
  readonly #waiting: { seq: number; resolve: () => void }[] = [];
  #handled = 0;
  #failures = 0;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #cancelRetry: (() => void) | null = null;

  constructor(parts: LocalFeedParts, handler: (items: Item[]) => Promise<void>) {
    this.#parts = parts;
    this.#handler = handler;
  }

  wake(): void {
    // While it backs off, the timer alone decides: a commit does not make a failing handler well.
    if (this.#stopped || this.#cancelRetry !== null) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      if (this.#again) this.wake();
    });
  }

  /** Also resolves when the delivery is stopped first: then the next one goes on. */
  async caughtUp(): Promise<void> {
    const last = await reading(this.#parts.database, () => Number(this.#parts.database.get(LAST)?.seq ?? 0));
    const next = await reading(this.#parts.database, () => this.#parts.database.get(NEXT)?.seq);
    if (next === undefined || this.#stopped) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ seq: last, resolve });
    this.#answer();
    await promise;
  }

  /** After the batch in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#again = false;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    await this.#running;
    this.#handled = Number.POSITIVE_INFINITY;
    this.#answer();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        if (await this.#deliver()) this.#again = true;
        this.#failures = 0;
      } catch {
        // The handler says itself what went wrong; the feed's part is to come back with the same items.
        this.#again = false;
        if (!this.#stopped) this.#retryLater();
        return;
      }
    }
  }

  /** One batch; false when there was none. */
  async #deliver(): Promise<boolean> {
    const { database, commits } = this.#parts;
    const rows = await reading(database, () => database.all(NEXT));
    const last = Number(rows.at(-1)?.seq ?? 0);
    if (rows.length === 0) return false;
    await this.#handler(rows.map((row) => JSON.parse(String(row.item)) as Item));
    await commits.run(() => database.run(HANDLED, last));
    this.#handled = last;
    this.#answer();
    return true;
  }

  #retryLater(): void {
    const wait = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#cancelRetry = this.#parts.timer.after(wait, () => {
      this.#cancelRetry = null;
      this.wake();
    });
  }

  #answer(): void {
    for (const waiter of this.#waiting.splice(0)) {
      if (waiter.seq <= this.#handled) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }
}
