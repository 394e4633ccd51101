import type { Timers } from './engine.ts';
import type { Journal } from './journal.ts';
import type { StepRecord } from './step.ts';

/** Nothing more can be kept, so nothing more may be done: passes every handler of failures on its way out. */
export class JournalBroken extends Error {
  constructor(cause: unknown) {
    super(`The journal cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'JournalBroken';
  }
}

/**
 * Appends records in groups, because a durable write costs as much as ten steps: at the end of a stage, before and after
 * an effect, and when a record has waited for `flushAfterMs`. Order is kept; the first failed write fails all later ones.
 */
export class JournalWriter {
  private readonly journal: Journal;
  private readonly timers: Timers;
  private readonly flushAfterMs: number;
  private pending: StepRecord[] = [];
  private tail: Promise<void> = Promise.resolve();
  private cancelTimer: (() => void) | undefined;

  constructor(journal: Journal, timers: Timers, flushAfterMs: number) {
    this.journal = journal;
    this.timers = timers;
    this.flushAfterMs = flushAfterMs;
  }

  add(record: StepRecord): void {
    this.pending.push(record);
    this.cancelTimer ??= this.timers(this.flushAfterMs, () => void this.flush());
  }

  /** Resolves when everything added so far is durable; rejects with what the journal threw. */
  flush(): Promise<void> {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    if (this.pending.length > 0) {
      const records = this.pending;
      this.pending = [];
      this.tail = this.tail.then(async () => {
        try {
          await this.journal.append(records);
        } catch (error) {
          throw new JournalBroken(error);
        }
      });
      // Whoever waits for the tail hears of it; nobody may be waiting yet.
      this.tail.catch(() => {});
    }
    return this.tail;
  }
}
