import { describe, expect, it } from 'vitest';
import { MAX_RECEIVES } from '#lib/ports/queue';
import { testHome } from './test-home.ts';
import { settled } from './virtual-time.ts';

describe('fairness between workspaces', () => {
  it('groups with messages take turns, whatever their backlog and however they are named', async () => {
    const { queue } = await testHome();
    const backlog = { b: 30, '': 4, a: 3, z: 2 };
    for (const [group, count] of Object.entries(backlog))
      for (let n = 0; n < count; n++) await queue.send('job', group, { group });
    const order: string[] = [];
    for (let round = 0; round < 20; round++)
      for (const { body } of await queue.receive('job', { max: 2, visibilitySeconds: 60 })) order.push(body);
    expect(order.slice(0, 11)).toEqual(['', 'a', 'b', 'z', '', 'a', 'b', 'z', '', 'a', 'b']);
    expect(order.slice(11)).toEqual(['', ...Array.from({ length: 27 }, () => 'b')]);
    expect(order).toHaveLength(39);
  });

  it('a workspace whose messages are all in hand does not stop the others', async () => {
    const { queue } = await testHome();
    for (const group of ['a', 'b', 'c']) await queue.send('job', group, { group });
    const take = async () => (await queue.receive('job', { max: 1, visibilitySeconds: 60 })).map(({ body }) => body);
    expect([await take(), await take(), await take(), await take()]).toEqual([['a'], ['b'], ['c'], []]);
    await queue.send('job', 'b again', { group: 'b' });
    expect(await take()).toEqual(['b again']);
  });

  it('within a group the oldest comes first', async () => {
    const { queue, time } = await testHome();
    for (let n = 0; n < 5; n++) {
      await queue.send('job', `${n}`, { group: 'a' });
      await time.advance(1);
    }
    expect((await queue.receive('job', { max: 5, visibilitySeconds: 1 })).map(({ body }) => body)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
  });
});

describe('across a restart', () => {
  it('messages, receipts, leases and dead letters are as they were', async () => {
    const first = await testHome();
    await first.queue.send('job', 'held');
    const [held] = await first.queue.receive('job', { max: 1, visibilitySeconds: 60 });
    await first.queue.send('job', 'waiting');
    await first.queue.send('slice', 'poison');
    for (let n = 0; n < MAX_RECEIVES; n++)
      for (const { receipt } of await first.queue.receive('slice', { max: 1, visibilitySeconds: 60 }))
        await first.queue.extend('slice', receipt, 0);
    await first.close();
    const { queue } = await testHome({ dir: first.dir });
    expect((await queue.receive('job', { max: 10, visibilitySeconds: 60 })).map(({ body }) => body)).toEqual([
      'waiting',
    ]);
    expect((await queue.deadLetters('slice', 10)).map(({ body }) => body)).toEqual(['poison']);
    expect(await queue.extend('job', held?.receipt ?? '', 60)).toBe(true);
  });

  it('a receipt is not valid for a message that was redriven meanwhile, nor for a later one', async () => {
    const { queue } = await testHome();
    await queue.send('job', '1');
    let last = '';
    for (let n = 0; n < MAX_RECEIVES; n++)
      for (const { receipt } of await queue.receive('job', { max: 1, visibilitySeconds: 60 })) {
        last = receipt;
        await queue.extend('job', receipt, 0);
      }
    await queue.redrive('job');
    const [again] = await queue.receive('job', { max: 1, visibilitySeconds: 60 });
    expect(await queue.extend('job', last, 60)).toBe(false);
    await queue.delete('job', again?.receipt ?? '');
    await queue.send('job', '2');
    await queue.delete('job', again?.receipt ?? '');
    expect(await queue.receive('job', { max: 1, visibilitySeconds: 60 })).toHaveLength(1);
  });
});

describe('waiting', () => {
  it('a lease that was lost cannot be extended', async () => {
    const { queue, time } = await testHome();
    await queue.send('job', '1');
    const [message] = await queue.receive('job', { max: 1, visibilitySeconds: 5 });
    await time.advance(5_000);
    expect(await queue.extend('job', message?.receipt ?? '', 60)).toBe(false);
  });

  it('of many who wait, each message wakes somebody, and the rest wait on without a busy loop', async () => {
    const { queue, time } = await testHome();
    const waiting = Array.from({ length: 5 }, () =>
      queue.receive('job', { max: 1, visibilitySeconds: 60, waitSeconds: 20 }),
    );
    await settled();
    await queue.send('job', '1');
    await queue.send('job', '2');
    await time.advance(20_000);
    const bodies = (await Promise.all(waiting)).flat().map(({ body }) => body);
    expect(bodies.sort()).toEqual(['1', '2']);
  });

  it('when nobody waits any more, no timer is left', async () => {
    const { queue, time } = await testHome();
    const controller = new AbortController();
    const waiting = queue.receive('job', { max: 1, visibilitySeconds: 60, waitSeconds: 20, signal: controller.signal });
    await settled();
    expect(time.untilNextAlarm).toBe(20_000);
    controller.abort();
    await waiting;
    expect(time.untilNextAlarm).toBeNull();
  });
});
