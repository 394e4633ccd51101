/**
 * Work that must happen, at least once, in no promised order. A received message is invisible until its visibility ends
 * and comes back unless it was deleted; after `maxReceives` receipts it moves to the dead-letter queue.
 */
export interface Queue {
  /**
   * `body` is JSON text of at most 256 KB: payloads are pointers. Messages of different `group`s (workspaces) are served
   * fairly: a group with many of them does not hold up another. Where a home can, messages of one `key` are one: sent
   * again while it waits it is still one, while it is in hand it comes once more afterwards. A home that cannot
   * delivers each, so handlers are idempotent anyway.
   */
  send(queue: QueueName, body: string, options?: Sending): Promise<void>;
  /** At most 10 messages. Waits up to `waitSeconds` for the first one. */
  receive(queue: QueueName, options: ReceiveOptions): Promise<Message[]>;
  /** Done: it will not come again. Deleting with an outdated receipt does nothing. */
  delete(queue: QueueName, receipt: string): Promise<void>;
  /** More time (or none: `0` gives it back at once). False when the receipt is outdated, that is, somebody else has it. */
  extend(queue: QueueName, receipt: string, visibilitySeconds: number): Promise<boolean>;
  deadLetters(queue: QueueName, limit: number): Promise<Message[]>;
  /** Moves every dead letter back; returns how many. */
  redrive(queue: QueueName): Promise<number>;
}

export interface Sending {
  delaySeconds?: number;
  group?: string;
  /** What the message is about; unique over all queues. */
  key?: string;
}

export interface ReceiveOptions {
  max: number;
  visibilitySeconds: number;
  waitSeconds?: number;
  signal?: AbortSignal;
}

export interface Message {
  id: string;
  body: string;
  receipt: string;
  /** 1 on first delivery. */
  receiveCount: number;
  sentAt: number;
}

/** What every home takes (SQS's limits): a visibility of 12 hours, a delay of 15 minutes, a wait of 20 seconds. */
export const QUEUE_LIMITS = { messages: 10, visibilitySeconds: 43_200, delaySeconds: 900, waitSeconds: 20 } as const;

/** The caller broke a limit of the port (too large a body, too long a delay): a bug above, not bad luck. */
export class QueueLimitExceeded extends Error {
  override readonly name = 'QueueLimitExceeded';
}

export const QUEUE_NAMES = ['execution', 'tick', 'slice', 'job'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];
export const MAX_RECEIVES = 5;
export const MAX_BODY_BYTES = 256 * 1024;
