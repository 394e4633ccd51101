import { describe, expect, it } from 'vitest';
import type { Item } from '#lib/ports/store';
import { unique } from '../harness.ts';
import type { StoreUnderTest } from './under-test.ts';

export function readWriteContract(subject: () => StoreUnderTest): void {
  describe('reading and writing', () => {
    it('an item comes back as it was put: data, indexes, expiry and feed mark', async () => {
      const { store, now } = subject();
      const item: Item = {
        pk: unique('pk'),
        sk: 'HEAD',
        data: {
          text: 'é\u0000\ud83d\ude00"\\',
          n: -1.5e-7,
          big: 2 ** 53,
          yes: true,
          no: null,
          list: [1, [], {}],
          deep: { a: { b: [] } },
        },
        indexes: { g1: { pk: unique('g'), sk: '1' }, g3: { pk: unique('g'), sk: '2' } },
        expiresAt: Math.floor(now() / 1000) + 1000,
        feed: true,
      };
      await store.transact([{ put: item }]);
      expect(await store.get({ pk: item.pk, sk: 'HEAD' })).toEqual(item);
    });

    it('names such as __proto__ and constructor are attributes like any other', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const data = JSON.parse('{"__proto__": 1, "constructor": "x"}');
      await store.transact([{ put: { ...key, data } }]);
      await store.transact([
        {
          update: key,
          add: JSON.parse('{"__proto__": 2}'),
          condition: { kind: 'equals', attribute: 'constructor', value: 'x' },
        },
      ]);
      const found = await store.get(key);
      expect(Object.getOwnPropertyDescriptor(found?.data ?? {}, '__proto__')?.value).toBe(3);
      expect(JSON.stringify(found?.data)).toContain('"__proto__":3');
    });

    it('an absent item is null, and a deleted one, and deleting it again is no error', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      expect(await store.get(key)).toBeNull();
      await store.transact([{ put: { ...key, data: {} } }]);
      await store.transact([{ delete: key }]);
      expect(await store.get(key)).toBeNull();
      await store.transact([{ delete: key }]);
    });

    it('a put replaces the whole item: no attribute, index or expiry of the old one remains', async () => {
      const { store, now, settleIndexes } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const group = unique('g');
      const expiresAt = Math.floor(now() / 1000) + 1000;
      await store.transact([{ put: { ...key, data: { old: 1 }, indexes: { g1: { pk: group, sk: 'a' } }, expiresAt } }]);
      await store.transact([{ put: { ...key, data: { new: 2 } } }]);
      expect(await store.get(key)).toEqual({ ...key, data: { new: 2 } });
      await settleIndexes();
      expect((await store.query({ index: 'g1', pk: group, limit: 10 })).items).toEqual([]);
    });

    it('keys that differ only in case, in accents or in the split between pk and sk are different keys', async () => {
      const { store } = subject();
      const stem = unique('pk');
      const keys = [
        { pk: `${stem}a`, sk: 'b' },
        { pk: `${stem}A`, sk: 'b' },
        { pk: `${stem}a`, sk: 'B' },
        { pk: stem, sk: 'ab' },
        { pk: stem, sk: '\u00e9' },
        { pk: stem, sk: 'e\u0301' },
      ];
      await store.transact(keys.map((key, n) => ({ put: { ...key, data: { n } } })));
      expect((await store.getMany(keys)).map((item) => item?.data.n)).toEqual([0, 1, 2, 3, 4, 5]);
    });

    it('getMany answers 100 keys in the order asked, with null for the absent, and a key asked twice twice', async () => {
      const { store } = subject();
      const pk = unique('pk');
      await store.transact(Array.from({ length: 60 }, (_, n) => ({ put: { pk, sk: `k${n}`, data: { n } } })));
      const asked = Array.from({ length: 100 }, (_, n) => ({ pk, sk: `k${(n * 37) % 80}` }));
      const found = await store.getMany(asked);
      expect(found.map((item) => item?.sk ?? null)).toEqual(
        asked.map(({ sk }) => (Number(sk.slice(1)) < 60 ? sk : null)),
      );
      expect(await store.getMany([])).toEqual([]);
    });

    it('what the caller does with its objects after the call changes nothing', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const item = { ...key, data: { list: [1] } };
      const writing = store.transact([{ put: item }]);
      item.data.list.push(2);
      item.pk = 'elsewhere';
      await writing;
      expect(await store.get(key)).toEqual({ ...key, data: { list: [1] } });
    });
  });

  describe('updates', () => {
    it('set, add and remove change the named attributes and leave the others', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      await store.transact([{ put: { ...key, data: { a: 1, b: 'x', c: true, n: 5 } } }]);
      await store.transact([{ update: key, set: { a: [1], d: null }, add: { n: -7, m: 2 }, remove: ['c', 'nothing'] }]);
      expect((await store.get(key))?.data).toEqual({ a: [1], b: 'x', d: null, n: -2, m: 2 });
    });

    it('an update without a condition makes an absent item', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      await store.transact([{ update: key, add: { n: 1 } }]);
      expect(await store.get(key)).toEqual({ ...key, data: { n: 1 } });
    });

    it('an update leaves indexes, expiry and feed mark, unless it names indexes: then those are all', async () => {
      const { store, now, settleIndexes } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const [one, two] = [unique('g'), unique('g')];
      const expiresAt = Math.floor(now() / 1000) + 1000;
      const indexes = { g1: { pk: one, sk: '1' }, g2: { pk: two, sk: '1' } };
      await store.transact([{ put: { ...key, data: {}, indexes, expiresAt, feed: true } }]);
      await store.transact([{ update: key, set: { x: 1 } }]);
      expect(await store.get(key)).toEqual({ ...key, data: { x: 1 }, indexes, expiresAt, feed: true });
      await store.transact([{ update: key, indexes: { g2: { pk: two, sk: '2' } } }]);
      await settleIndexes();
      expect((await store.get(key))?.indexes).toEqual({ g2: { pk: two, sk: '2' } });
      expect((await store.query({ index: 'g1', pk: one, limit: 1 })).items).toEqual([]);
      expect((await store.query({ index: 'g2', pk: two, limit: 1 })).items.map((item) => item.data)).toEqual([
        { x: 1 },
      ]);
      await store.transact([{ update: key, indexes: {} }]);
      expect(await store.get(key)).toEqual({ ...key, data: { x: 1 }, expiresAt, feed: true });
    });

    it('parallel additions all count', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      await Promise.all(Array.from({ length: 50 }, (_, n) => store.transact([{ update: key, add: { sum: n } }])));
      expect((await store.get(key))?.data.sum).toBe(1225);
    });
  });

  describe('expiry', () => {
    it('an item is there until its expiry and gone from it on, for get, getMany, query and indexes', async () => {
      const { store, now, settleIndexes } = subject();
      const pk = unique('pk');
      const past = Math.floor(now() / 1000) - 1;
      const data = {};
      await store.transact([
        { put: { pk, sk: 'gone', data, expiresAt: past, indexes: { g1: { pk, sk: '1' } } } },
        { put: { pk, sk: 'here', data, expiresAt: past + 3600, indexes: { g1: { pk, sk: '2' } } } },
      ]);
      await settleIndexes();
      expect(await store.get({ pk, sk: 'gone' })).toBeNull();
      expect(
        (
          await store.getMany([
            { pk, sk: 'gone' },
            { pk, sk: 'here' },
          ])
        ).map((item) => item?.sk),
      ).toEqual([undefined, 'here']);
      expect((await store.query({ pk, limit: 10 })).items.map(({ sk }) => sk)).toEqual(['here']);
      expect((await store.query({ index: 'g1', pk, limit: 10 })).items.map(({ sk }) => sk)).toEqual(['here']);
    });

    it.each(['x', null, true])('adding to an expired item, where %j stands, adds to nothing', async (old) => {
      const { store, now } = subject();
      const key = { pk: unique('pk'), sk: 'a' };
      const other = { pk: key.pk, sk: 'b' };
      const expiresAt = Math.floor(now() / 1000) - 1;
      await store.transact([{ put: { ...key, data: { n: old }, expiresAt } }]);
      await store.transact([{ update: key, set: { s: 1 }, add: { n: 2 } }, { delete: other }]);
      expect(await store.get(key)).toEqual({ ...key, data: { n: 2, s: 1 } });
    });

    it('an expired item is absent for conditions and updates: nothing of it comes back', async () => {
      const { store, now } = subject();
      const pk = unique('pk');
      const expiresAt = Math.floor(now() / 1000) - 1;
      await store.transact(['a', 'b', 'c'].map((sk) => ({ put: { pk, sk, data: { n: 5 }, expiresAt } })));
      await store.transact([{ put: { pk, sk: 'a', data: { n: 1 } }, condition: { kind: 'absent' } }]);
      await store.transact([{ update: { pk, sk: 'b' }, add: { n: 1 } }]);
      expect((await store.get({ pk, sk: 'b' }))?.data).toEqual({ n: 1 });
      await expect(store.transact([{ check: { pk, sk: 'c' }, condition: { kind: 'exists' } }])).rejects.toMatchObject({
        name: 'TransactionRefused',
        refused: [{ operation: 0, key: { pk, sk: 'c' }, found: null }],
      });
    });
  });
}
