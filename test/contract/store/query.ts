import { describe, expect, it } from 'vitest';
import { InvalidInput } from '#lib/base/errors';
import { type Item, type Query, STORE_LIMITS, type Store } from '#lib/ports/store';
import { rejection, unique } from '../harness.ts';
import type { StoreUnderTest } from './under-test.ts';

/** All pages of a query, as a caller would read them. */
export async function allPages(store: Store, query: Query): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Store['query']>> = await store.query({
      ...query,
      ...(cursor === null ? {} : { cursor }),
    });
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null);
  return items;
}

// By UTF-8 bytes: upper case before lower, U+FFFD before U+1F600 though its first UTF-16 unit is greater.
const SORTED = [
  'A',
  'B',
  'a',
  'a#',
  'a#1',
  'a#10',
  'a#2',
  'aa',
  'b',
  '\u00e9',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\u{1f600}',
  '\u{10ffff}',
  '\u{10ffff}a',
];

export function queryContract(subject: () => StoreUnderTest): void {
  describe('queries', () => {
    const fill = async (sks: readonly string[], index: boolean): Promise<string> => {
      const { store, settleIndexes } = subject();
      const pk = unique('pk');
      const shuffled = sks.toSorted((a, b) => a.length - b.length || (a < b ? 1 : -1));
      await store.transact(
        shuffled.map((sk, n) =>
          index
            ? { put: { pk: unique('base'), sk: '-', data: { n }, indexes: { g2: { pk, sk } } } }
            : { put: { pk, sk, data: { n } } },
        ),
      );
      await settleIndexes();
      return pk;
    };
    const skOf = (item: Item, index: boolean) => (index ? (item.indexes?.g2?.sk ?? '') : item.sk);

    describe.each([false, true])('of an index: %j', (index) => {
      const named = index ? ({ index: 'g2' } as const) : {};
      const ask = async (query: Query) => (await allPages(subject().store, query)).map((item) => skOf(item, index));

      it('come in the order of the UTF-8 bytes of the sort key, either way, whatever the page size', async () => {
        const pk = await fill(SORTED, index);
        for (const limit of [1, 3, 7, 100]) {
          expect(await ask({ ...named, pk, limit })).toEqual(SORTED);
          expect(await ask({ ...named, pk, limit, order: 'descending' })).toEqual(SORTED.toReversed());
        }
      });

      it('bounds are inclusive, and a prefix is exact', async () => {
        const pk = await fill(SORTED, index);
        const within = (sk: NonNullable<Query['sk']>) => ask({ ...named, pk, sk, limit: 4 });
        expect(await within({ from: 'a', to: 'a#2' })).toEqual(['a', 'a#', 'a#1', 'a#10', 'a#2']);
        expect(await within({ from: 'a#3' })).toEqual(SORTED.slice(SORTED.indexOf('aa')));
        expect(await within({ to: 'B' })).toEqual(['A', 'B']);
        expect(await within({ from: 'b', to: 'a' })).toEqual([]);
        expect(await within({ prefix: 'a#1' })).toEqual(['a#1', 'a#10']);
        expect(await within({ prefix: '\ud7ff' })).toEqual(['\ud7ff']);
        expect(await within({ prefix: '\u{10ffff}' })).toEqual(['\u{10ffff}', '\u{10ffff}a']);
        expect(await within({ prefix: 'zz' })).toEqual([]);
        expect(await within({ prefix: '' })).toEqual(SORTED);
        expect(await within({ prefix: '%' })).toEqual([]);
      });

      it('a partition that does not exist is an empty page without a cursor', async () => {
        expect(await subject().store.query({ ...named, pk: unique('none'), limit: 10 })).toEqual({
          items: [],
          cursor: null,
        });
      });

      it('a cursor goes on where the page ended, also when items come and go around it', async () => {
        const { store, settleIndexes } = subject();
        const pk = await fill(['b', 'd', 'f', 'h'], index);
        const first = await store.query({ ...named, pk, limit: 2 });
        expect(first.items.map((item) => skOf(item, index))).toEqual(['b', 'd']);
        const [, second] = first.items;
        if (second === undefined || first.cursor === null) throw new Error('expected two items and a cursor');
        const put = (sk: string) =>
          index
            ? { put: { pk: unique('base'), sk: '-', data: {}, indexes: { g2: { pk, sk } } } }
            : { put: { pk, sk, data: {} } };
        await store.transact([put('a'), put('e'), { delete: { pk: second.pk, sk: second.sk } }]);
        await settleIndexes();
        const rest = await store.query({ ...named, pk, limit: 10, cursor: first.cursor });
        expect(rest.items.map((item) => skOf(item, index))).toEqual(['e', 'f', 'h']);
      });
    });

    it('an index is sparse: only items that carry its key are in it, under all their indexes', async () => {
      const { store, settleIndexes } = subject();
      const pk = unique('pk');
      await store.transact([
        { put: { pk, sk: '1', data: {} } },
        { put: { pk, sk: '2', data: {}, indexes: { g1: { pk, sk: 'x' } } } },
        { put: { pk, sk: '3', data: {}, indexes: { g1: { pk, sk: 'y' }, g2: { pk, sk: 'x' }, g3: { pk, sk: 'x' } } } },
      ]);
      await settleIndexes();
      const inIndex = async (index: 'g1' | 'g2' | 'g3') =>
        (await store.query({ index, pk, limit: 9 })).items.map(({ sk }) => sk);
      expect([await inIndex('g1'), await inIndex('g2'), await inIndex('g3')]).toEqual([['2', '3'], ['3'], ['3']]);
    });

    it('many items with one index key are all there, each once, across pages', async () => {
      const { store, settleIndexes } = subject();
      const pk = unique('pk');
      await store.transact(
        Array.from({ length: 25 }, (_, n) => ({
          put: { pk, sk: `${n}`, data: {}, indexes: { g1: { pk, sk: 'same' } } },
        })),
      );
      await settleIndexes();
      for (const order of ['ascending', 'descending'] as const) {
        const found = await allPages(store, { index: 'g1', pk, limit: 4, order });
        expect(new Set(found.map(({ sk }) => sk)).size).toBe(25);
        expect(found).toHaveLength(25);
      }
    });

    it('a page of large items ends early with a cursor, and the pages together hold all', async () => {
      const { store } = subject();
      const pk = unique('pk');
      const data = { text: 'x'.repeat(300_000) };
      for (let n = 0; n < 8; n++) await store.transact([{ put: { pk, sk: `${n}`, data } }]);
      const page = await store.query({ pk, limit: 8 });
      expect(page.items.length * 300_000).toBeLessThanOrEqual(STORE_LIMITS.pageBytes);
      expect(page.cursor).not.toBeNull();
      expect((await allPages(store, { pk, limit: 8 })).map(({ sk }) => sk)).toEqual([
        '0',
        '1',
        '2',
        '3',
        '4',
        '5',
        '6',
        '7',
      ]);
    });

    it('a cursor that was tampered with, or belongs to another query, is InvalidInput', async () => {
      const { store } = subject();
      const pk = await fill(['a', 'b', 'c'], false);
      const { cursor } = await store.query({ pk, limit: 1 });
      if (cursor === null) throw new Error('expected a cursor');
      expect((await store.query({ pk, limit: 2, cursor })).items.map(({ sk }) => sk)).toEqual(['b', 'c']);
      const broken = [
        '',
        'x',
        '!!',
        Buffer.from('null').toString('base64url'),
        Buffer.from('{"q":1,"at":[1]}').toString('base64url'),
        cursor.slice(0, -4),
      ];
      for (const wrong of broken)
        expect(await rejection(store.query({ pk, limit: 1, cursor: wrong }))).toBeInstanceOf(InvalidInput);
      for (const other of [
        { pk: unique('pk') },
        { pk, order: 'descending' as const },
        { pk, sk: { prefix: 'a' } },
        { pk, index: 'g1' as const },
      ])
        expect(await rejection(store.query({ ...other, limit: 1, cursor }))).toBeInstanceOf(InvalidInput);
    });
  });
}
