import { MAX_RECEIVES, type Message, type QueueName } from '#lib/ports/queue';
import type { Database, Row } from '../sqlite/database.ts';

/** Up to so many deliveries of a message may be cut off through no fault of its own without counting as a failure. */
const MAX_FORGIVEN = 50;

// A dead letter sent again gets a new life. What was received before may be in hand now: it comes once more afterwards,
// and the newest body counts. Without a key nothing conflicts.
const INSERT = `INSERT INTO messages (queue, group_id, body, sent_at, visible_at, run) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (run) WHERE run IS NOT NULL DO UPDATE SET
    body = excluded.body, again = (dead = 0 AND lease > 0), stop = iif(dead = 1, 0, stop),
    receive_count = iif(dead = 1, 0, receive_count), visible_at = iif(dead = 1, excluded.visible_at, visible_at), dead = 0`;
const BURY = `UPDATE messages SET dead = 1
  WHERE queue = ? AND dead = 0 AND visible_at <= ? AND receive_count >= ${MAX_RECEIVES}`;
const NEXT_GROUP = `SELECT group_id FROM messages
  WHERE queue = ? AND dead = 0 AND group_id > ? ORDER BY group_id LIMIT 1`;
const OLDEST = `SELECT seq, body, sent_at, receive_count, lease FROM messages
  WHERE queue = ? AND dead = 0 AND group_id = ? AND visible_at <= ? ORDER BY visible_at, seq LIMIT 1`;
const TAKE = `UPDATE messages SET visible_at = ?, receive_count = receive_count + 1, lease = lease + 1 WHERE seq = ?`;
const BURY_ONE = 'UPDATE messages SET dead = 1 WHERE seq = ?';
const NEXT_VISIBLE = `SELECT min(visible_at) AS at FROM messages WHERE queue = ? AND dead = 0 AND visible_at > ?`;
const DELETE = 'DELETE FROM messages WHERE queue = ? AND seq = ? AND lease = ? AND dead = 0 AND again = 0';
const ONCE_MORE = `UPDATE messages SET again = 0, stop = 0, receive_count = 0, lease = lease + 1, visible_at = ?
  WHERE queue = ? AND seq = ? AND lease = ? AND dead = 0 AND again = 1`;
// "lease" counts every delivery there ever was, so a message that takes its process down with it is not forgiven for ever.
const PUT_BACK = `UPDATE messages SET visible_at = ?, receive_count = max(0, receive_count - iif(lease < ${MAX_FORGIVEN}, 1, 0))
  WHERE queue = ? AND seq = ? AND lease = ? AND dead = 0 AND visible_at > ?`;
const RECLAIM = `UPDATE messages SET visible_at = ?, receive_count = max(0, receive_count - iif(lease < ${MAX_FORGIVEN}, 1, 0))
  WHERE queue = ? AND dead = 0 AND lease > 0 AND visible_at > ?`;
const KEYS = 'SELECT run, dead FROM messages WHERE queue = ? AND run IS NOT NULL';
const EXTEND = `UPDATE messages SET visible_at = ?
  WHERE queue = ? AND seq = ? AND lease = ? AND dead = 0 AND visible_at > ?`;
const DEAD = `SELECT seq, body, sent_at, receive_count, lease FROM messages
  WHERE queue = ? AND dead = 1 ORDER BY group_id, visible_at, seq LIMIT ?`;
const REDRIVE = `UPDATE messages SET dead = 0, receive_count = 0, visible_at = ? WHERE queue = ? AND dead = 1`;

/**
 * The messages of one queue as rows. `lease` grows with every receipt and never falls, so a receipt names the delivery
 * it came with; all times are milliseconds.
 */
export class Messages {
  readonly #database: Database;
  readonly #queue: QueueName;
  #lastGroup = '';

  constructor(database: Database, queue: QueueName) {
    this.#database = database;
    this.#queue = queue;
  }

  insert(body: string, group: string, now: number, visibleAt: number, key: string | null = null): void {
    this.#database.run(INSERT, this.#queue, group, body, now, visibleAt, key);
  }

  /** Up to `max` visible messages, the groups taking turns, each group's oldest first. */
  take(max: number, now: number, visibleAt: number): Message[] {
    const taken: Message[] = [];
    while (taken.length < max) {
      const message = this.#next(now, visibleAt);
      if (message === null) break;
      taken.push(message);
    }
    return taken;
  }

  /** When the next message becomes visible; null when none waits. */
  nextVisible(now: number): number | null {
    const at = this.#database.get(NEXT_VISIBLE, this.#queue, now)?.at;
    return typeof at === 'number' ? at : null;
  }

  /** True when it is to come once more, because it was sent again meanwhile. */
  delete(receipt: string, now: number): boolean {
    const { seq, lease } = parsedReceipt(receipt);
    if (this.#database.run(DELETE, this.#queue, seq, lease).changes === 1) return false;
    return this.#database.run(ONCE_MORE, now, this.#queue, seq, lease).changes === 1;
  }

  putBack(receipt: string, now: number, visibleAt: number): boolean {
    const { seq, lease } = parsedReceipt(receipt);
    return this.#database.run(PUT_BACK, visibleAt, this.#queue, seq, lease, now).changes === 1;
  }

  reclaim(now: number): number {
    return this.#database.run(RECLAIM, now, this.#queue, now).changes;
  }

  keys(): { key: string; dead: boolean }[] {
    return this.#database.all(KEYS, this.#queue).map(({ run, dead }) => ({ key: String(run), dead: dead === 1 }));
  }

  extend(receipt: string, now: number, visibleAt: number): boolean {
    const { seq, lease } = parsedReceipt(receipt);
    return this.#database.run(EXTEND, visibleAt, this.#queue, seq, lease, now).changes === 1;
  }

  /** Moves what was received often enough, and was not deleted, out of the way. */
  bury(now: number): void {
    this.#database.run(BURY, this.#queue, now);
  }

  dead(limit: number): Message[] {
    return this.#database.all(DEAD, this.#queue, limit).map((row) => messageOf(row, Number(row.lease)));
  }

  redrive(now: number): number {
    return this.#database.run(REDRIVE, now, this.#queue).changes;
  }

  /** The oldest visible message of the group after the last one served, round and round; null when no group has one. */
  #next(now: number, visibleAt: number): Message | null {
    let turn = this.#lastGroup;
    let wrapped = false;
    for (;;) {
      const group = this.#groupAfter(turn);
      if (group === null || (wrapped && group > this.#lastGroup)) {
        if (wrapped) return null;
        wrapped = true;
        turn = '';
        continue;
      }
      const message = this.#oldest(group, now, visibleAt);
      if (message !== null) {
        this.#lastGroup = group;
        return message;
      }
      turn = group;
    }
  }

  #groupAfter(group: string): string | null {
    return (this.#database.get(NEXT_GROUP, this.#queue, group)?.group_id as string | undefined) ?? null;
  }

  #oldest(group: string, now: number, visibleAt: number): Message | null {
    for (;;) {
      const row = this.#database.get(OLDEST, this.#queue, group, now);
      if (row === undefined) return null;
      const seq = Number(row.seq);
      if (Number(row.receive_count) >= MAX_RECEIVES) {
        this.#database.run(BURY_ONE, seq);
        continue;
      }
      this.#database.run(TAKE, visibleAt, seq);
      const message = messageOf(row, Number(row.lease) + 1);
      return { ...message, receiveCount: message.receiveCount + 1 };
    }
  }
}

function messageOf(row: Row, lease: number): Message {
  return {
    id: `msg_${row.seq}`,
    body: String(row.body),
    receipt: `${row.seq}.${lease}`,
    receiveCount: Number(row.receive_count),
    sentAt: Number(row.sent_at),
  };
}

/** A receipt that we did not make names no message. */
function parsedReceipt(receipt: string): { seq: number; lease: number } {
  const parts = /^(\d{1,15})\.(\d{1,15})$/.exec(receipt);
  return parts === null ? { seq: -1, lease: -1 } : { seq: Number(parts[1]), lease: Number(parts[2]) };
}
