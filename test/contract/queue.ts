import { afterEach, describe, expect, it } from 'vitest';
import {
  MAX_BODY_BYTES,
  MAX_RECEIVES,
  type Message,
  type Queue,
  QueueLimitExceeded,
  type ReceiveOptions,
} from '#lib/ports/queue';
import { type Harness, rejection } from './harness.ts';

export interface QueueUnderTest extends Harness {
  queue: Queue;
}

const ONCE: ReceiveOptions = { max: 10, visibilitySeconds: 30 };
/** Long enough to be told apart from nothing, short enough where time is real. */
const SHORT_SECONDS = 2;
const A_LITTLE_LONGER_MS = 2100;

/** What every Queue guarantees; `makeQueue` gives empty queues for each test. */
export function queueContract(name: string, makeQueue: () => Promise<QueueUnderTest>): void {
  describe(`Queue contract: ${name}`, () => {
    let disposals: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const dispose of disposals) await dispose();
      disposals = [];
    });
    const make = async (): Promise<QueueUnderTest> => {
      const subject = await makeQueue();
      disposals.push(() => subject.dispose());
      return subject;
    };
    const one = async (queue: Queue, options: Partial<ReceiveOptions> = {}): Promise<Message> => {
      const [message] = await queue.receive('job', { ...ONCE, max: 1, ...options });
      if (message === undefined) throw new Error('expected a message');
      return message;
    };

    it('a message is received as it was sent, with its first receipt counted', async () => {
      const { queue } = await make();
      const body = JSON.stringify({ text: 'é\u0000😀"' });
      await queue.send('job', body);
      const message = await one(queue);
      expect(message).toMatchObject({ body, receiveCount: 1 });
      expect(message.id).not.toBe('');
      expect(message.sentAt).toBeGreaterThan(0);
    });

    it('queues are apart: what is sent to one is not received from another', async () => {
      const { queue } = await make();
      await queue.send('job', '1');
      expect(await queue.receive('slice', ONCE)).toEqual([]);
      expect(await queue.receive('job', ONCE)).toHaveLength(1);
    });

    it('a received message is invisible to others, and comes back after its visibility, counted', async () => {
      const { queue, advance } = await make();
      await queue.send('job', '1');
      const first = await one(queue, { visibilitySeconds: SHORT_SECONDS });
      expect(await queue.receive('job', ONCE)).toEqual([]);
      await advance(A_LITTLE_LONGER_MS);
      const second = await one(queue);
      expect(second).toMatchObject({ id: first.id, body: '1', receiveCount: 2 });
      expect(second.receipt).not.toBe(first.receipt);
    });

    it('a deleted message does not come back, and deleting it again is no error', async () => {
      const { queue, advance } = await make();
      await queue.send('job', '1');
      const { receipt } = await one(queue, { visibilitySeconds: SHORT_SECONDS });
      await queue.delete('job', receipt);
      await queue.delete('job', receipt);
      await advance(A_LITTLE_LONGER_MS);
      expect(await queue.receive('job', ONCE)).toEqual([]);
    });

    it('an outdated receipt neither deletes nor extends what somebody else now has', async () => {
      const { queue, advance } = await make();
      await queue.send('job', '1');
      const outdated = await one(queue, { visibilitySeconds: SHORT_SECONDS });
      await advance(A_LITTLE_LONGER_MS);
      const held = await one(queue, { visibilitySeconds: SHORT_SECONDS });
      await queue.delete('job', outdated.receipt);
      expect(await queue.extend('job', outdated.receipt, 1000)).toBe(false);
      await advance(A_LITTLE_LONGER_MS);
      expect((await one(queue)).id).toBe(held.id);
    });

    it('a receipt that was never given is outdated', async () => {
      const { queue } = await make();
      await queue.delete('job', 'nonsense');
      expect(await queue.extend('job', 'nonsense', 10)).toBe(false);
    });

    it('an extension keeps a message invisible; an extension of 0 gives it back at once', async () => {
      const { queue, advance } = await make();
      await queue.send('job', '1');
      const { receipt } = await one(queue, { visibilitySeconds: SHORT_SECONDS });
      expect(await queue.extend('job', receipt, 60)).toBe(true);
      await advance(A_LITTLE_LONGER_MS);
      expect(await queue.receive('job', ONCE)).toEqual([]);
      expect(await queue.extend('job', receipt, 0)).toBe(true);
      expect((await one(queue)).receiveCount).toBe(2);
    });

    it('a delayed message comes when its delay is over', async () => {
      const { queue, advance } = await make();
      await queue.send('job', '1', { delaySeconds: SHORT_SECONDS });
      expect(await queue.receive('job', ONCE)).toEqual([]);
      await advance(A_LITTLE_LONGER_MS);
      expect((await one(queue)).receiveCount).toBe(1);
    });

    it('no message is given to two receivers at once', async () => {
      const { queue } = await make();
      await Promise.all(Array.from({ length: 40 }, (_, n) => queue.send('job', `${n}`)));
      const received: string[] = [];
      while (received.length < 40) {
        const rounds = await Promise.all(Array.from({ length: 5 }, () => queue.receive('job', { ...ONCE, max: 3 })));
        expect(rounds.flat().length).toBeGreaterThan(0);
        received.push(...rounds.flat().map(({ body }) => body));
      }
      expect(received.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n));
    });

    it(`after ${MAX_RECEIVES} receipts without a delete a message is a dead letter, the others go on`, async () => {
      const { queue } = await make();
      await queue.send('job', 'poison');
      for (let count = 1; count <= MAX_RECEIVES; count++) {
        const message = await one(queue);
        expect(message.receiveCount).toBe(count);
        expect(await queue.deadLetters('job', 10)).toEqual([]);
        await queue.extend('job', message.receipt, 0);
      }
      await queue.send('job', 'good');
      expect((await queue.receive('job', ONCE)).map(({ body }) => body)).toEqual(['good']);
      expect((await queue.deadLetters('job', 10)).map(({ body }) => body)).toEqual(['poison']);
      expect(await queue.deadLetters('slice', 10)).toEqual([]);
    });

    it('a redrive moves every dead letter back, with its receipts counted anew', async () => {
      const { queue } = await make();
      await Promise.all(['1', '2', '3'].map((body) => queue.send('job', body)));
      for (let count = 0; count < MAX_RECEIVES; count++)
        for (const { receipt } of await queue.receive('job', ONCE)) await queue.extend('job', receipt, 0);
      expect(await queue.receive('job', ONCE)).toEqual([]);
      expect(await queue.redrive('job')).toBe(3);
      expect(await queue.deadLetters('job', 10)).toEqual([]);
      const back = await queue.receive('job', ONCE);
      expect(back.map(({ body, receiveCount }) => [body, receiveCount]).sort()).toEqual([
        ['1', 1],
        ['2', 1],
        ['3', 1],
      ]);
      expect(await queue.redrive('job')).toBe(0);
    });

    it('a waiting receiver gets a message as soon as one is sent', async () => {
      const { queue } = await make();
      const waiting = queue.receive('job', { ...ONCE, waitSeconds: 10 });
      await queue.send('job', '1');
      expect((await waiting).map(({ body }) => body)).toEqual(['1']);
    });

    it('a message that is given back goes to a waiting receiver at once', async () => {
      const { queue } = await make();
      await queue.send('job', '1');
      const { receipt } = await one(queue, { visibilitySeconds: 60 });
      const waiting = queue.receive('job', { ...ONCE, waitSeconds: 10 });
      await queue.extend('job', receipt, 0);
      expect((await waiting).map(({ receiveCount }) => receiveCount)).toEqual([2]);
    });

    it('a wait ends with nothing when its time is over', async () => {
      const { queue, advance } = await make();
      const waiting = queue.receive('job', { ...ONCE, waitSeconds: SHORT_SECONDS });
      await advance(A_LITTLE_LONGER_MS);
      expect(await waiting).toEqual([]);
    });

    it('a wait ends with nothing when it is aborted, before or meanwhile', async () => {
      const { queue } = await make();
      const controller = new AbortController();
      const waiting = queue.receive('job', { ...ONCE, waitSeconds: 20, signal: controller.signal });
      controller.abort();
      expect(await waiting).toEqual([]);
      expect(await queue.receive('job', { ...ONCE, waitSeconds: 20, signal: controller.signal })).toEqual([]);
    });

    it('a wait ends when a delay or a visibility ends', async () => {
      const { queue, advance } = await make();
      await queue.send('job', '1', { delaySeconds: SHORT_SECONDS });
      const waiting = queue.receive('job', { ...ONCE, visibilitySeconds: SHORT_SECONDS, waitSeconds: 20 });
      await advance(A_LITTLE_LONGER_MS);
      expect(await waiting).toHaveLength(1);
      const again = queue.receive('job', { ...ONCE, waitSeconds: 20 });
      await advance(A_LITTLE_LONGER_MS);
      expect((await again).map(({ receiveCount }) => receiveCount)).toEqual([2]);
    });

    it('a body has at most 256 KB, counted in bytes', async () => {
      const { queue } = await make();
      await queue.send('job', 'x'.repeat(MAX_BODY_BYTES));
      expect((await one(queue)).body).toHaveLength(MAX_BODY_BYTES);
      for (const body of ['x'.repeat(MAX_BODY_BYTES + 1), 'é'.repeat(MAX_BODY_BYTES / 2 + 1)])
        expect(await rejection(queue.send('job', body))).toBeInstanceOf(QueueLimitExceeded);
    });

    it('a receive asks for 1 to 10 messages, 12 hours and 20 seconds at most; a delay is 15 minutes at most', async () => {
      const { queue } = await make();
      for (const wrong of [
        { max: 0 },
        { max: 11 },
        { visibilitySeconds: 43_201 },
        { visibilitySeconds: -1 },
        { waitSeconds: 21 },
      ])
        expect(await rejection(queue.receive('job', { ...ONCE, ...wrong }))).toBeInstanceOf(QueueLimitExceeded);
      for (const delaySeconds of [-1, 901, Number.NaN])
        expect(await rejection(queue.send('job', '1', { delaySeconds }))).toBeInstanceOf(QueueLimitExceeded);
    });

    it('a workspace with 200 messages does not hold up one with two', async () => {
      const { queue } = await make();
      for (let n = 0; n < 200; n++) await queue.send('job', `busy ${n}`, { group: 'busy' });
      for (const n of [1, 2]) await queue.send('job', `calm ${n}`, { group: 'calm' });
      const seen: string[] = [];
      for (let round = 0; round < 6; round++) seen.push(...(await queue.receive('job', ONCE)).map(({ body }) => body));
      expect(seen.filter((body) => body.startsWith('calm'))).toHaveLength(2);
    });
  });
}
