import { afterEach, describe, expect, it } from 'vitest';
import type { Feed } from '#lib/ports/feed';
import type { Item, Store } from '#lib/ports/store';
import { type Harness, rejection, unique } from './harness.ts';

export interface FeedUnderTest extends Harness {
  store: Store;
  feed: Feed;
  /** The same data, opened anew, as after a restart. */
  reopen(): Promise<FeedUnderTest>;
}

/** What every Feed guarantees; each test gets an empty store of its own. */
export function feedContract(name: string, makeFeed: () => Promise<FeedUnderTest>): void {
  describe(`Feed contract: ${name}`, () => {
    let disposals: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const dispose of disposals) await dispose();
      disposals = [];
    });
    const make = async (from?: FeedUnderTest): Promise<FeedUnderTest> => {
      const subject = await (from === undefined ? makeFeed() : from.reopen());
      disposals.push(() => subject.dispose());
      return subject;
    };
    const event = (sk: string, feed = true): { put: Item } => ({
      put: { pk: 'events', sk, data: { sk }, ...(feed ? { feed } : {}) },
    });
    const collector = () => {
      const seen: Item[] = [];
      return {
        seen,
        handler: async (items: Item[]) => {
          seen.push(...items);
        },
        names: () => seen.map(({ sk }) => sk),
      };
    };

    it('every put of a feed item is delivered, in commit order, whole; other items are not', async () => {
      const { store, feed } = await make();
      const { seen, handler, names } = collector();
      const handle = await feed.start(handler);
      const indexes = { g1: { pk: unique('g'), sk: '1' } };
      await store.transact([event('b'), event('a'), event('silent', false)]);
      await store.transact([{ put: { pk: 'events', sk: 'c', data: { n: null, list: [1] }, indexes, feed: true } }]);
      await handle.caughtUp();
      expect(names()).toEqual(['b', 'a', 'c']);
      expect(seen[2]).toEqual({ pk: 'events', sk: 'c', data: { n: null, list: [1] }, indexes, feed: true });
    });

    it('what was committed before the start is delivered, too', async () => {
      const { store, feed } = await make();
      await store.transact([event('a')]);
      const { handler, names } = collector();
      await (await feed.start(handler)).caughtUp();
      expect(names()).toEqual(['a']);
    });

    it('a refused transaction delivers nothing', async () => {
      const { store, feed } = await make();
      await rejection(store.transact([event('a'), { check: { pk: 'x', sk: 'y' }, condition: { kind: 'exists' } }]));
      await store.transact([event('b')]);
      const { handler, names } = collector();
      await (await feed.start(handler)).caughtUp();
      expect(names()).toEqual(['b']);
    });

    it('500 items of parallel transactions are delivered once each while nothing fails', async () => {
      const { store, feed } = await make();
      const { handler, names } = collector();
      const handle = await feed.start(handler);
      const sks = Array.from({ length: 500 }, (_, n) => `e${n}`);
      await Promise.all(sks.map((sk) => store.transact([event(sk)])));
      await handle.caughtUp();
      expect(names().toSorted()).toEqual(sks.toSorted());
    });

    it('a handler that throws gets the same items again, in order, until it succeeds', async () => {
      const { store, feed, advance } = await make();
      const attempts: string[][] = [];
      const handle = await feed.start(async (items) => {
        attempts.push(items.map(({ sk }) => sk));
        if (attempts.length <= 3) throw new Error('not now');
      });
      await store.transact([event('a'), event('b')]);
      const caughtUp = handle.caughtUp();
      await advance(10_000);
      await caughtUp;
      expect(attempts).toHaveLength(4);
      expect(new Set(attempts.map(String))).toEqual(new Set(['a,b']));
    });

    it('after a restart delivery goes on after the last success, and repeats what had not succeeded', async () => {
      const first = await make();
      const before = collector();
      const handle = await first.feed.start(before.handler);
      await first.store.transact([event('a')]);
      await handle.caughtUp();
      await handle.stop();
      await first.store.transact([event('b')]);
      const failing = await first.feed.start(() => Promise.reject(new Error('dies')));
      await failing.stop();
      const second = await make(first);
      const after = collector();
      await (await second.feed.start(after.handler)).caughtUp();
      expect([before.names(), after.names()]).toEqual([['a'], ['b']]);
    });

    it('a stopped delivery hands over nothing more; the next one gets it', async () => {
      const { store, feed } = await make();
      const stopped = collector();
      const handle = await feed.start(stopped.handler);
      await handle.stop();
      await store.transact([event('a')]);
      const next = collector();
      await (await feed.start(next.handler)).caughtUp();
      expect([stopped.names(), next.names()]).toEqual([[], ['a']]);
    });

    it('a handler may write feed items itself', async () => {
      const { store, feed } = await make();
      const seen: string[] = [];
      const handle = await feed.start(async (items) => {
        for (const { sk } of items) {
          seen.push(sk);
          if (sk.length < 5) await store.transact([event(`${sk}x`)]);
        }
      });
      await store.transact([event('a')]);
      while (seen.length < 5) await handle.caughtUp();
      expect(seen).toEqual(['a', 'ax', 'axx', 'axxx', 'axxxx']);
    });
  });
}
