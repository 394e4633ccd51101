import { describe, expect, it } from 'vitest';
import { type Operation, type Query, STORE_LIMITS, StoreLimitExceeded } from '#lib/ports/store';
import { rejection, unique } from '../harness.ts';
import type { StoreUnderTest } from './under-test.ts';

export function limitsContract(subject: () => StoreUnderTest): void {
  describe('limits', () => {
    const refused = async (operations: Operation[], options = {}) =>
      expect(await rejection(subject().store.transact(operations, options))).toBeInstanceOf(StoreLimitExceeded);
    const puts = (count: number, bytes = 0): Operation[] => {
      const pk = unique('pk');
      return Array.from({ length: count }, (_, n) => ({ put: { pk, sk: `${n}`, data: { text: 'x'.repeat(bytes) } } }));
    };

    it('100 operations are a transaction; none and 101 are not', async () => {
      await subject().store.transact(puts(100));
      await refused(puts(101));
      await refused([]);
    });

    it('a key stands once in a transaction, whatever is done with it', async () => {
      const key = { pk: unique('pk'), sk: '-' };
      await refused([{ put: { ...key, data: {} } }, { check: key, condition: { kind: 'absent' } }]);
      await refused([{ delete: key }, { update: key, set: { a: 1 } }]);
      expect(await subject().store.get(key)).toBeNull();
    });

    it('an item has at most 400 KB, counted in bytes and with its keys', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const room = STORE_LIMITS.itemBytes - 1000;
      await store.transact([{ put: { ...key, data: { text: 'x'.repeat(room) } } }]);
      await refused([{ put: { ...key, data: { text: 'x'.repeat(STORE_LIMITS.itemBytes) } } }]);
      await refused([{ put: { ...key, data: { text: 'é'.repeat(room / 2 + 1000) } } }]);
    });

    it('an update may not make an item larger than 400 KB, and then nothing of the transaction is written', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      await store.transact([{ put: { ...key, data: { a: 'x'.repeat(300_000) } } }]);
      await refused([{ put: { pk: key.pk, sk: 'other', data: {} } }, { update: key, set: { b: 'x'.repeat(200_000) } }]);
      expect(Object.keys((await store.get(key))?.data ?? {})).toEqual(['a']);
      expect(await store.get({ pk: key.pk, sk: 'other' })).toBeNull();
    });

    it('a transaction has at most 4 MB', async () => {
      await subject().store.transact(puts(10, 390_000));
      await refused(puts(11, 390_000));
    });

    it('keys are non-empty, well formed and of at most 1 KB', async () => {
      const { store } = subject();
      const pk = unique('pk');
      const longest = 'k'.repeat(STORE_LIMITS.keyBytes);
      await store.transact([{ put: { pk, sk: longest, data: {} } }]);
      expect(await store.get({ pk, sk: longest })).not.toBeNull();
      for (const sk of ['', `${longest}k`, 'é'.repeat(STORE_LIMITS.keyBytes / 2 + 1), '\ud800']) {
        await refused([{ put: { pk, sk, data: {} } }]);
        await refused([{ put: { pk: sk, sk: '-', data: {} } }]);
        await refused([{ put: { pk, sk: '-', data: {}, indexes: { g1: { pk, sk } } } }]);
        expect(await rejection(store.get({ pk, sk }))).toBeInstanceOf(StoreLimitExceeded);
      }
    });

    it('an update names each attribute once and adds finite numbers', async () => {
      const key = { pk: unique('pk'), sk: '-' };
      await refused([{ update: key, set: { a: 1 }, add: { a: 1 } }]);
      await refused([{ update: key, set: { a: 1 }, remove: ['a'] }]);
      await refused([{ update: key, remove: ['a', 'a'] }]);
      await refused([{ update: key, add: { a: Number.NaN } }]);
      await refused([{ update: key, add: { a: Number.POSITIVE_INFINITY } }]);
    });

    it('an expiry is whole seconds, a token is short, an index is one of three', async () => {
      const key = { pk: unique('pk'), sk: '-' };
      await refused([{ put: { ...key, data: {}, expiresAt: 1.5 } }]);
      await refused(puts(1), { token: '' });
      await refused(puts(1), { token: 't'.repeat(1000) });
      await refused([{ put: { ...key, data: {}, indexes: JSON.parse('{"g4": {"pk": "a", "sk": "b"}}') } }]);
    });

    it('a page has 1 to 1,000 items, a query one kind of bound, getMany at most 100 keys', async () => {
      const { store } = subject();
      const pk = unique('pk');
      const wrong: Query[] = [
        { pk, limit: 0 },
        { pk, limit: 1001 },
        { pk, limit: 1.5 },
        { pk: '', limit: 1 },
        { pk, limit: 1, sk: { prefix: 'a', from: 'a' } },
        { pk, limit: 1, index: JSON.parse('"g4"') },
      ];
      for (const query of wrong) expect(await rejection(store.query(query))).toBeInstanceOf(StoreLimitExceeded);
      const keys = Array.from({ length: 101 }, (_, n) => ({ pk, sk: `${n}` }));
      expect(await rejection(store.getMany(keys))).toBeInstanceOf(StoreLimitExceeded);
    });
  });
}
