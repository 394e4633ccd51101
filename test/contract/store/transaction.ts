import { describe, expect, it } from 'vitest';
import { type Operation, StoreLimitExceeded, TransactionRefused } from '#lib/ports/store';
import { rejection, unique } from '../harness.ts';
import type { StoreUnderTest } from './under-test.ts';

export function transactionContract(subject: () => StoreUnderTest): void {
  describe('transactions', () => {
    it('one refused condition leaves every other operation undone', async () => {
      const { store } = subject();
      const pk = unique('pk');
      await store.transact([{ put: { pk, sk: 'a', data: { n: 1 } } }, { put: { pk, sk: 'b', data: { n: 1 } } }]);
      const before = await store.query({ pk, limit: 10 });
      await rejection(
        store.transact([
          { put: { pk, sk: 'new', data: {} } },
          { update: { pk, sk: 'a' }, add: { n: 1 } },
          { delete: { pk, sk: 'b' } },
          { check: { pk, sk: 'c' }, condition: { kind: 'exists' } },
        ]),
      );
      expect(await store.query({ pk, limit: 10 })).toEqual(before);
    });

    it('apart: puts and deletes are carried out, as often as they are asked for; anything else is refused', async () => {
      const { store } = subject();
      const pk = unique('pk');
      const puts = Array.from({ length: 60 }, (_, n) => ({ put: { pk, sk: `a${n}`, data: { n } } }));
      for (let i = 0; i < 2; i++) await store.transact(puts, { apart: true });
      expect((await store.query({ pk, limit: 100 })).items).toHaveLength(60);
      await store.transact([{ delete: { pk, sk: 'a0' } }, { put: { pk, sk: 'a1', data: { n: -1 } } }], { apart: true });
      expect(
        await store.getMany([
          { pk, sk: 'a0' },
          { pk, sk: 'a1' },
        ]),
      ).toEqual([null, expect.objectContaining({ data: { n: -1 } })]);
      const others: Operation[] = [
        { put: { pk, sk: 'b', data: {} }, condition: { kind: 'absent' } },
        { update: { pk, sk: 'a1' }, add: { n: 1 } },
        { check: { pk, sk: 'a1' }, condition: { kind: 'exists' } },
      ];
      for (const operation of others)
        expect(await rejection(store.transact([operation], { apart: true }))).toBeInstanceOf(StoreLimitExceeded);
      const tokened = store.transact([{ put: { pk, sk: 'c', data: {} } }], { apart: true, token: 't' });
      expect(await rejection(tokened)).toBeInstanceOf(StoreLimitExceeded);
    });

    it('a refusal names each failed operation by its position, its key and what stood there', async () => {
      const { store } = subject();
      const pk = unique('pk');
      const there = { pk, sk: 'a', data: { rev: 3 }, indexes: { g1: { pk, sk: '1' } } };
      await store.transact([{ put: there }]);
      const refusal = await rejection(
        store.transact([
          { put: { pk, sk: 'x', data: {} }, condition: { kind: 'absent' } },
          { put: { pk, sk: 'a', data: {} }, condition: { kind: 'absent' } },
          { update: { pk, sk: 'y' }, set: { a: 1 }, condition: { kind: 'exists' } },
        ]),
      );
      expect(refusal).toBeInstanceOf(TransactionRefused);
      expect((refusal as TransactionRefused).refused).toEqual([
        { operation: 1, key: { pk, sk: 'a' }, found: there },
        { operation: 2, key: { pk, sk: 'y' }, found: null },
      ]);
    });

    it('conditions see what stood before the transaction, not what it writes itself', async () => {
      const { store } = subject();
      const pk = unique('pk');
      await store.transact([
        { put: { pk, sk: 'a', data: {} } },
        { check: { pk, sk: 'b' }, condition: { kind: 'absent' } },
      ]);
      await rejection(
        store.transact([{ delete: { pk, sk: 'a' } }, { check: { pk, sk: 'b' }, condition: { kind: 'exists' } }]),
      );
      expect(await store.get({ pk, sk: 'a' })).not.toBeNull();
    });

    it('of 20 that take the same name at once, exactly one wins, and the losers leave nothing', async () => {
      const { store } = subject();
      const pk = unique('pk');
      const takes = Array.from({ length: 20 }, (_, n) =>
        store
          .transact([
            { put: { pk, sk: 'NAME', data: { n } }, condition: { kind: 'absent' } },
            { put: { pk, sk: `HEAD#${n}`, data: { n } } },
          ])
          .then(
            () => n,
            (error: unknown) => {
              expect(error).toBeInstanceOf(TransactionRefused);
              return null;
            },
          ),
      );
      const winners = (await Promise.all(takes)).filter((n) => n !== null);
      expect(winners).toHaveLength(1);
      expect((await store.query({ pk, limit: 100 })).items.map(({ sk }) => sk)).toEqual([`HEAD#${winners[0]}`, 'NAME']);
    });

    it('of 10 writers with the same revision one wins each round, and no increment is lost', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: 'HEAD' };
      await store.transact([{ put: { ...key, data: { rev: 0 } } }]);
      for (let rev = 0; rev < 10; rev++) {
        const operation: Operation = {
          update: key,
          add: { rev: 1 },
          condition: { kind: 'equals', attribute: 'rev', value: rev },
        };
        const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => store.transact([operation])));
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }
      expect((await store.get(key))?.data.rev).toBe(10);
    });

    it('a transaction repeated under its token is carried out once', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const token = unique('token');
      const operations: Operation[] = [{ update: key, add: { n: 1 } }];
      await Promise.all([store.transact(operations, { token }), store.transact(operations, { token })]);
      await store.transact(operations, { token });
      expect((await store.get(key))?.data.n).toBe(1);
      await store.transact(operations, { token: unique('token') });
      expect((await store.get(key))?.data.n).toBe(2);
    });

    it('a token that already names another transaction is an error, and writes nothing', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const token = unique('token');
      await store.transact([{ put: { ...key, data: { n: 1 } } }], { token });
      expect(await rejection(store.transact([{ put: { ...key, data: { n: 2 } } }], { token }))).toBeInstanceOf(
        StoreLimitExceeded,
      );
      expect((await store.get(key))?.data.n).toBe(1);
    });

    it('a refused transaction does not use up its token', async () => {
      const { store } = subject();
      const pk = unique('pk');
      const token = unique('token');
      const operations: Operation[] = [
        { update: { pk, sk: 'n' }, add: { n: 1 } },
        { check: { pk, sk: 'gate' }, condition: { kind: 'exists' } },
      ];
      await rejection(store.transact(operations, { token }));
      await store.transact([{ put: { pk, sk: 'gate', data: {} } }]);
      await store.transact(operations, { token });
      expect((await store.get({ pk, sk: 'n' }))?.data.n).toBe(1);
    });
  });
}
