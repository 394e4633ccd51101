import { describe, expect, it } from 'vitest';
import { MAX_RECEIVES, type Message } from '#lib/ports/queue';
import { testHome } from './test-home.ts';

const key = 'evl_1';
type Queue = Awaited<ReturnType<typeof testHome>>['queue'];

const receive = (queue: Queue): Promise<Message[]> => queue.receive('job', { max: 10, visibilitySeconds: 60 });
async function only(queue: Queue): Promise<Message> {
  const [message, ...more] = await receive(queue);
  if (message === undefined || more.length > 0) throw new Error('expected exactly one message');
  return message;
}

describe('messages of one key', () => {
  it('are one while they wait, and the newest body counts', async () => {
    const { queue } = await testHome();
    for (const body of ['1', '2', '3']) await queue.send('job', body, { key });
    await queue.send('job', 'other', { key: 'evl_2' });
    expect((await receive(queue)).map(({ body }) => body)).toEqual(['3', 'other']);
  });

  it('come once more when one was sent while another was in hand', async () => {
    const { queue } = await testHome();
    await queue.send('job', 'first', { key });
    const inHand = await only(queue);
    for (const body of ['second', 'third']) await queue.send('job', body, { key });
    expect(await receive(queue)).toEqual([]);
    await queue.delete('job', inHand.receipt);
    const again = await only(queue);
    expect(again).toMatchObject({ body: 'third', receiveCount: 1 });
    // The end of the first delivery, told twice, takes nothing from the second.
    await queue.delete('job', inHand.receipt);
    expect(await queue.extend('job', again.receipt, 60)).toBe(true);
    await queue.delete('job', again.receipt);
    expect(await queue.keys('job')).toEqual({ waiting: new Set(), dead: new Set() });
  });

  it('give a dead letter a new life', async () => {
    const { queue } = await testHome();
    await queue.send('job', 'poison', { key });
    for (let n = 0; n < MAX_RECEIVES; n++) await queue.extend('job', (await only(queue)).receipt, 0);
    expect(await receive(queue)).toEqual([]);
    expect(await queue.keys('job')).toEqual({ waiting: new Set(), dead: new Set([key]) });
    await queue.send('job', 'again', { key });
    expect(await only(queue)).toMatchObject({ body: 'again', receiveCount: 1 });
    expect(await queue.keys('job')).toEqual({ waiting: new Set([key]), dead: new Set() });
  });
});

describe('work that was cut off', () => {
  it('put back comes again at once and does not count', async () => {
    const { queue } = await testHome();
    await queue.send('job', 'a');
    for (let n = 0; n < 3 * MAX_RECEIVES; n++) {
      const { receipt, receiveCount } = await only(queue);
      expect(receiveCount).toBe(1);
      expect(await queue.putBack('job', receipt)).toBe(true);
      expect(await queue.putBack('job', receipt)).toBe(false);
    }
  });

  it('by the death of the process is in nobody’s hand after the restart', async () => {
    const first = await testHome();
    await first.queue.send('job', 'in hand');
    await first.queue.send('tick', 'delayed', { delaySeconds: 60 });
    await only(first.queue);
    await first.close();
    const { queue, time } = await testHome({ dir: first.dir });
    expect(await receive(queue)).toEqual([]);
    expect(await queue.reclaim()).toBe(1);
    expect(await only(queue)).toMatchObject({ body: 'in hand', receiveCount: 1 });
    const tick = () => queue.receive('tick', { max: 1, visibilitySeconds: 1 });
    expect(await tick()).toEqual([]);
    await time.advance(60_000);
    expect(await tick()).toHaveLength(1);
  });

  it('again and again, by a message that takes the process down with it, ends as a dead letter all the same', async () => {
    const { queue } = await testHome();
    await queue.send('job', 'deadly');
    let deliveries = 0;
    while ((await receive(queue)).length > 0) {
      deliveries += 1;
      await queue.reclaim();
    }
    expect(deliveries).toBeGreaterThan(40);
    expect(deliveries).toBeLessThan(70);
    expect(await queue.deadLetters('job', 10)).toHaveLength(1);
  });
});
