import type { Clock } from '#lib/base/clock';
import { type Message, QUEUE_NAMES, type Queue, type QueueName, type ReceiveOptions } from '#lib/ports/queue';
import type { Database } from '../sqlite/database.ts';
import type { GroupCommit } from '../sqlite/group-commit.ts';
import { checkLimit, checkReceive, checkSend, checkVisibility, type Sending } from './check.ts';
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
    checkSend(queue, body, options);
    const { delaySeconds = 0, group = '' } = options;
    await commits.run(() => {
      const now = clock.now();
      this.#messages[queue].insert(body, `g${group}`, now, later(now, delaySeconds));
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
    await this.#parts.commits.run(() => this.#messages[queue].delete(receipt));
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
    checkLimit(queue, limit);
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
