import { describe, expect, it } from 'vitest';
import { Conflict } from '#lib/base/errors';
import { rejection } from '../contract/harness.ts';
import { testHome } from './test-home.ts';
import { settled } from './virtual-time.ts';

const event = (sk: string) => ({ put: { pk: 'e', sk, data: {}, feed: true } });

describe('delivery', () => {
  it('wakes up at a commit without any time passing', async () => {
    const { store, feed, time } = await testHome();
    const seen: string[] = [];
    await feed.start(async (items) => {
      seen.push(...items.map(({ sk }) => sk));
    });
    await settled();
    await store.transact([event('a')]);
    await settled();
    expect(seen).toEqual(['a']);
    expect(time.untilNextAlarm).toBeNull();
  });

  it('a failing handler is asked again after 0.1 s, then twice as long each time, at most 30 s; a success resets it', async () => {
    const { store, feed, time } = await testHome();
    let failing = true;
    let attempts = 0;
    const handle = await feed.start(async () => {
      attempts += 1;
      if (failing) throw new Error('not now');
    });
    await store.transact([event('a')]);
    const waits: (number | null)[] = [];
    for (let n = 0; n < 11; n++) {
      await settled();
      waits.push(time.untilNextAlarm);
      await time.advance(time.untilNextAlarm ?? 0);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    const before = attempts;
    await store.transact([event('b')]);
    await settled();
    expect(attempts).toBe(before);
    failing = false;
    await time.advance(30_000);
    await handle.caughtUp();
    failing = true;
    await store.transact([event('c')]);
    await settled();
    expect(time.untilNextAlarm).toBe(100);
    await handle.stop();
    expect(time.untilNextAlarm).toBeNull();
  });

  it('a second handler at the same time is refused', async () => {
    const { feed } = await testHome();
    await feed.start(async () => undefined);
    expect(await rejection(feed.start(async () => undefined))).toBeInstanceOf(Conflict);
  });

  it('who waits for it to catch up is let go when it stops', async () => {
    const { store, feed } = await testHome();
    const handle = await feed.start(() => Promise.reject(new Error('never')));
    await store.transact([event('a')]);
    const caughtUp = handle.caughtUp();
    await settled();
    await handle.stop();
    await caughtUp;
    await handle.caughtUp();
  });

  it('a delivered event takes no room in the feed, and its item stays', async () => {
    const first = await testHome();
    await first.store.transact([event('a')]);
    await (await first.feed.start(async () => undefined)).caughtUp();
    await first.close();
    const { store, feed } = await testHome({ dir: first.dir });
    let delivered = 0;
    await (
      await feed.start(async (items) => {
        delivered += items.length;
      })
    ).caughtUp();
    expect([delivered, (await store.query({ pk: 'e', limit: 9 })).items.length]).toEqual([0, 1]);
  });

  it('a put that replaces a feed item is delivered again; an update or a delete of one is not', async () => {
    const { store, feed } = await testHome();
    const seen: unknown[] = [];
    const handle = await feed.start(async (items) => {
      seen.push(...items.map(({ data }) => data.n));
    });
    const key = { pk: 'e', sk: 'a' };
    for (const n of [1, 2]) await store.transact([{ put: { ...key, data: { n }, feed: true } }]);
    await store.transact([{ update: key, set: { n: 3 } }]);
    await store.transact([{ delete: key }]);
    await handle.caughtUp();
    expect(seen).toEqual([1, 2]);
  });
});
