import type { Clock } from '#lib/base/clock';
import {
  type Message,
  QUEUE_NAMES,
  type Queue,
  type QueueName,
  type ReceiveOptions,
  type Sending,
} from '#lib/ports/queue';
import { checkListing, checkReceive, checkSend, checkVisibility } from '#lib/ports/queue-limits';
import { type Database, reading } from '../sqlite/database.ts';
import type { GroupCommit } from '../sqlite/group-commit.ts';
import { Messages } from './messages.ts';
import type { Wake } from './wake.ts';

export interface LocalQueueParts {
  database: Database;
  commits: GroupCommit;
  clock: Clock;
  wake: Wake;
}

/** The Queue port on the home's database. Waiting costs nothing: a send in this process, or a timer, wakes it. */
export class LocalQueue implements Queue {
  readonly #parts: LocalQueueParts;
  readonly #messages: Readonly<Record<QueueName, Messages>>;
  #closed = false;

  constructor(parts: LocalQueueParts) {
    this.#parts = parts;
    this.#messages = Object.fromEntries(
      QUEUE_NAMES.map((name) => [name, new Messages(parts.database, name)]),
    ) as Record<QueueName, Messages>;
  }

  async send(queue: QueueName, body: string, options: Sending = {}): Promise<void> {
    const { commits, clock, wake } = this.#parts;
    const { delaySeconds = 0, group = '', key = null } = options;
    checkSend(queue, body, delaySeconds);
    await commits.run(() => {
      const now = clock.now();
      this.#messages[queue].insert(body, `g${group}`, now, later(now, delaySeconds), key);
    });
    // Also for a delayed one: a sleeper has to set its alarm anew.
    wake.wake(queue);
  }

  async receive(queue: QueueName, options: ReceiveOptions): Promise<Message[]> {
    checkReceive(queue, options);
    const { clock } = this.#parts;
    const deadline = clock.now() + (options.waitSeconds ?? 0) * 1000;
    for (;;) {
      if (options.signal?.aborted === true) return [];
      // Asleep before looking: what comes while we look wakes us, too.
      const nap = this.#parts.wake.nap(queue, options.signal);
      try {
        const { messages, nextVisible } = await this.#take(queue, options);
        if (messages.length > 0 || this.#closed || clock.now() >= deadline) return messages;
        await nap.until(Math.min(deadline, nextVisible ?? deadline));
      } finally {
        nap.end();
      }
    }
  }

  #take(queue: QueueName, { max, visibilitySeconds }: ReceiveOptions) {
    const { commits, clock } = this.#parts;
    const messages = this.#messages[queue];
    return commits.run(() => {
      const now = clock.now();
      const taken = messages.take(max, now, later(now, visibilitySeconds));
      return { messages: taken, nextVisible: taken.length > 0 ? null : messages.nextVisible(now) };
    });
  }

  async delete(queue: QueueName, receipt: string): Promise<void> {
    const { commits, clock, wake } = this.#parts;
    const again = await commits.run(() => this.#messages[queue].delete(receipt, clock.now()));
    if (again) wake.wake(queue);
  }

  /**
   * As if it had not been received: it comes again, after `delaySeconds`, and this delivery does not count as a failed
   * one. For work that was cut off or could not even be tried.
   */
  async putBack(queue: QueueName, receipt: string, delaySeconds = 0): Promise<boolean> {
    const { commits, clock, wake } = this.#parts;
    checkVisibility(delaySeconds);
    const held = await commits.run(() => {
      const now = clock.now();
      return this.#messages[queue].putBack(receipt, now, later(now, delaySeconds));
    });
    if (held) wake.wake(queue);
    return held;
  }

  /**
   * Puts back everything that is in hand. Only for the process that has just opened the folder, before it receives
   * anything: whoever had those messages is dead.
   */
  async reclaim(): Promise<number> {
    const { commits, clock } = this.#parts;
    return commits.run(() => QUEUE_NAMES.reduce((sum, queue) => sum + this.#messages[queue].reclaim(clock.now()), 0));
  }

  /** The keys of messages that will still be delivered, and of those that were given up. */
  async keys(queue: QueueName): Promise<{ waiting: Set<string>; dead: Set<string> }> {
    const { commits, clock, database } = this.#parts;
    await commits.run(() => this.#messages[queue].bury(clock.now()));
    const keys = await reading(database, () => this.#messages[queue].keys());
    const those = (dead: boolean) => new Set(keys.filter((one) => one.dead === dead).map(({ key }) => key));
    return { waiting: those(false), dead: those(true) };
  }

  async extend(queue: QueueName, receipt: string, visibilitySeconds: number): Promise<boolean> {
    const { commits, clock, wake } = this.#parts;
    checkVisibility(visibilitySeconds);
    const held = await commits.run(() => {
      const now = clock.now();
      return this.#messages[queue].extend(receipt, now, later(now, visibilitySeconds));
    });
    if (held) wake.wake(queue);
    return held;
  }

  async deadLetters(queue: QueueName, limit: number): Promise<Message[]> {
    const { commits, clock } = this.#parts;
    checkListing(queue, limit);
    return commits.run(() => {
      this.#messages[queue].bury(clock.now());
      return this.#messages[queue].dead(limit);
    });
  }

  async redrive(queue: QueueName): Promise<number> {
    const { commits, clock, wake } = this.#parts;
    const moved = await commits.run(() => {
      this.#messages[queue].bury(clock.now());
      return this.#messages[queue].redrive(clock.now());
    });
    if (moved > 0) wake.wake(queue);
    return moved;
  }

  /** Whoever waits goes home with nothing. */
  close(): void {
    this.#closed = true;
    this.#parts.wake.wakeAll();
  }
}

// Whole milliseconds: the column takes no fractions.
function later(now: number, seconds: number): number {
  return now + Math.ceil(seconds * 1000);
}
