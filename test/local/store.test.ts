import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Item, Operation } from '#lib/ports/store';
import { TransactionRefused } from '#lib/ports/store';
import { rejection } from '../contract/harness.ts';
import { testHome } from './test-home.ts';

describe('group commit', () => {
  it('parallel transactions share commits: 200 at once write a small part of what 200 in turn write', async () => {
    const written = async (write: (operation: () => Promise<void>) => Promise<void>) => {
      const { dir, store } = await testHome();
      const log = join(dir, 'data.db-wal');
      const before = statSync(log).size;
      await write(() => store.transact([{ update: { pk: 'a', sk: 'sum' }, add: { n: 1 } }]));
      expect((await store.get({ pk: 'a', sk: 'sum' }))?.data.n).toBe(200);
      return statSync(log).size - before;
    };
    const inTurn = await written(async (add) => {
      for (let n = 0; n < 200; n++) await add();
    });
    const atOnce = await written(async (add) => {
      await Promise.all(Array.from({ length: 200 }, add));
    });
    expect(atOnce * 20).toBeLessThan(inTurn);
  });

  it('in one commit each transaction stands alone: the refused leave nothing, the others are whole', async () => {
    const { store } = await testHome();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 300 }, (_, n) =>
        store.transact([
          { put: { pk: 'a', sk: `${n}`, data: {} } },
          { update: { pk: 'a', sk: 'sum' }, add: { n: 1 } },
          ...(n % 3 === 0
            ? [{ check: { pk: 'none', sk: '-' }, condition: { kind: 'exists' } } satisfies Operation]
            : []),
        ]),
      ),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(100);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(TransactionRefused);
    expect((await store.get({ pk: 'a', sk: 'sum' }))?.data.n).toBe(200);
    expect((await store.query({ pk: 'a', limit: 1000 })).items).toHaveLength(201);
  });

  it('a later transaction of the same moment sees what an earlier one wrote', async () => {
    const { store } = await testHome();
    await Promise.all([
      store.transact([{ put: { pk: 'a', sk: 'b', data: { n: 1 } }, condition: { kind: 'absent' } }]),
      store.transact([
        { update: { pk: 'a', sk: 'b' }, add: { n: 1 }, condition: { kind: 'equals', attribute: 'n', value: 1 } },
      ]),
    ]);
    expect((await store.get({ pk: 'a', sk: 'b' }))?.data.n).toBe(2);
  });
});

describe('lagging indexes', () => {
  it('show exactly the state before the last transactions, and all of it once settled; other reads never lag', async () => {
    const { store } = await testHome({ indexLag: { transactions: 2 } });
    const listed = async () =>
      (await store.query({ index: 'g1', pk: 'g', limit: 10 })).items.map(({ sk, data }) => `${sk}${data.n}`);
    const put = (sk: string, n: number): { put: Item } => ({
      put: { pk: 'a', sk, data: { n }, indexes: { g1: { pk: 'g', sk } } },
    });
    await store.transact([put('x', 1)]);
    await store.transact([put('y', 1), put('z', 1)]);
    expect(await listed()).toEqual([]);
    await store.transact([put('x', 2)]);
    expect(await listed()).toEqual(['x1']);
    await store.transact([{ delete: { pk: 'a', sk: 'x' } }]);
    expect(await listed()).toEqual(['x1', 'y1', 'z1']);
    expect((await store.query({ pk: 'a', limit: 10 })).items.map(({ sk }) => sk)).toEqual(['y', 'z']);
    store.settleIndexes();
    expect(await listed()).toEqual(['y1', 'z1']);
  });

  it('start with what the folder held', async () => {
    const first = await testHome();
    await first.store.transact([{ put: { pk: 'a', sk: 'b', data: {}, indexes: { g2: { pk: 'g', sk: '1' } } } }]);
    await first.close();
    const { store } = await testHome({ dir: first.dir, indexLag: { transactions: 9 } });
    expect((await store.query({ index: 'g2', pk: 'g', limit: 10 })).items).toHaveLength(1);
  });
});

describe('tokens and expiry', () => {
  it('a token is forgotten after 10 minutes, not earlier, also across a restart', async () => {
    const home = await testHome();
    const add: Operation[] = [{ update: { pk: 'a', sk: 'n' }, add: { n: 1 } }];
    await home.store.transact(add, { token: 't' });
    await home.close();
    const { store, time } = await testHome({ dir: home.dir });
    const count = async () => (await store.get({ pk: 'a', sk: 'n' }))?.data.n;
    await time.advance(599_000);
    await store.transact(add, { token: 't' });
    expect(await count()).toBe(1);
    await time.advance(1_000);
    await store.transact(add, { token: 't' });
    expect(await count()).toBe(2);
  });

  it('an item expires while the store runs, to the second', async () => {
    const { store, time } = await testHome();
    const expiresAt = time.now() / 1000 + 10;
    await store.transact([{ put: { pk: 'a', sk: 'b', data: {}, expiresAt } }]);
    await time.advance(9_999);
    expect(await store.get({ pk: 'a', sk: 'b' })).not.toBeNull();
    await time.advance(1);
    expect(await store.get({ pk: 'a', sk: 'b' })).toBeNull();
  });

  it('the room of what has expired is used again', async () => {
    const { dir, store, time } = await testHome();
    const round = async () => {
      const expiresAt = time.now() / 1000 + 10;
      for (let n = 0; n < 50; n++)
        await store.transact([
          { put: { pk: `${time.now()}`, sk: `${n}`, data: { text: 'x'.repeat(20_000) }, expiresAt } },
        ]);
      await time.advance(61_000);
      await store.transact([{ put: { pk: 'a', sk: 'b', data: {} } }]);
    };
    await round();
    for (let n = 0; n < 10; n++) await round();
    await store.close();
    // Eleven rounds of 1 MB: without the sweep the file would have more than 11 MB.
    expect(statSync(join(dir, 'data.db')).size).toBeLessThan(3_000_000);
  });
});

describe('a full disk', () => {
  const text = 'x'.repeat(50_000);

  async function fill(store: { transact(operations: Operation[]): Promise<void> }): Promise<number> {
    for (let n = 0; ; n++) {
      const error = await store
        .transact([
          { put: { pk: 'fill', sk: `${n}`, data: { text } } },
          { update: { pk: 'fill', sk: 'sum' }, add: { n: 1 } },
        ])
        .then(
          () => null,
          (thrown: unknown) => thrown,
        );
      if (error === null) continue;
      expect(error).toMatchObject({ name: 'Unavailable', status: 503, code: 'store_full' });
      return n;
    }
  }

  it('is Unavailable and leaves nothing half applied; reads go on; with room again, writes work', async () => {
    const { store, queue } = await testHome({ maxBytes: 2_000_000 });
    const count = await fill(store);
    expect(count).toBeGreaterThan(10);
    expect((await store.get({ pk: 'fill', sk: 'sum' }))?.data.n).toBe(count);
    expect(await store.get({ pk: 'fill', sk: `${count}` })).toBeNull();
    expect(await rejection(queue.send('job', JSON.stringify(text)))).toMatchObject({ code: 'store_full' });
    await store.transact([1, 2, 3].map((n) => ({ delete: { pk: 'fill', sk: `${n}` } })));
    await store.transact([{ put: { pk: 'after', sk: '-', data: { text } } }]);
    expect(await store.get({ pk: 'after', sk: '-' })).not.toBeNull();
  });

  it('in a group, only what does not fit is refused', async () => {
    const { store } = await testHome({ maxBytes: 2_000_000 });
    const count = await fill(store);
    await store.transact([{ delete: { pk: 'fill', sk: `${count - 1}` } }]);
    const put = (sk: string, value: string) => store.transact([{ put: { pk: 'group', sk, data: { value } } }]);
    const outcomes = await Promise.allSettled([put('a', 'small'), put('b', 'x'.repeat(380_000)), put('c', 'small')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.query({ pk: 'group', limit: 9 })).items.map(({ sk }) => sk)).toEqual(['a', 'c']);
  });

  it('the folder opens again with more room, and everything acknowledged is there', async () => {
    const home = await testHome({ maxBytes: 2_000_000 });
    const count = await fill(home.store);
    await home.close();
    const { store } = await testHome({ dir: home.dir });
    expect((await store.get({ pk: 'fill', sk: 'sum' }))?.data.n).toBe(count);
    await store.transact([{ put: { pk: 'fill', sk: 'more', data: { text } } }]);
  });
});
