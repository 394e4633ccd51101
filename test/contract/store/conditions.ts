import { describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import { type Condition, TransactionRefused } from '#lib/ports/store';
import { rejection, unique } from '../harness.ts';
import type { StoreUnderTest } from './under-test.ts';

const equals = (attribute: string, value: string | number | boolean | null): Condition => ({
  kind: 'equals',
  attribute,
  value,
});

/** condition, what stands there, does it hold */
const TABLE: [Condition, JsonObject | null, boolean][] = [
  [{ kind: 'exists' }, {}, true],
  [{ kind: 'exists' }, null, false],
  [{ kind: 'absent' }, {}, false],
  [{ kind: 'absent' }, null, true],
  [equals('a', 1), { a: 1 }, true],
  [equals('a', 1), { a: '1' }, false],
  [equals('a', 1), { a: true }, false],
  [equals('a', ''), { a: '' }, true],
  [equals('a', null), { a: null }, true],
  [equals('a', null), {}, false],
  [equals('a', null), null, false],
  [equals('a', false), { a: null }, false],
  [equals('a', 'x'), { a: ['x'] }, false],
  [equals('toString', 'x'), {}, false],
  [{ kind: 'oneOf', attribute: 'a', values: ['x', 2, null] }, { a: 2 }, true],
  [{ kind: 'oneOf', attribute: 'a', values: ['x', 2, null] }, { a: null }, true],
  [{ kind: 'oneOf', attribute: 'a', values: ['x', 2] }, { a: 3 }, false],
  [{ kind: 'oneOf', attribute: 'a', values: ['x', 2] }, {}, false],
  [{ kind: 'oneOf', attribute: 'a', values: [] }, { a: 3 }, false],
  [{ kind: 'atLeast', attribute: 'a', value: 2 }, { a: 2 }, true],
  [{ kind: 'atLeast', attribute: 'a', value: 2 }, { a: 1.5 }, false],
  [{ kind: 'atLeast', attribute: 'a', value: 2 }, { a: '3' }, false],
  [{ kind: 'atMost', attribute: 'a', value: 2 }, { a: 2 }, true],
  [{ kind: 'atMost', attribute: 'a', value: 2 }, { a: 10 }, false],
  [{ kind: 'atMost', attribute: 'a', value: 2 }, {}, false],
  [{ kind: 'atMost', attribute: 'a', value: 2 }, { a: null }, false],
  [{ kind: 'below', attribute: 'a', value: 2 }, { a: 2 }, false],
  [{ kind: 'below', attribute: 'a', value: 2 }, { a: -2 }, true],
  [{ kind: 'below', attribute: 'a', value: 2 }, null, false],
  [{ kind: 'missing', attribute: 'a' }, {}, true],
  [{ kind: 'missing', attribute: 'a' }, null, true],
  [{ kind: 'missing', attribute: 'a' }, { a: null }, false],
  [{ kind: 'missing', attribute: 'constructor' }, {}, true],
  [{ kind: 'all', of: [] }, null, true],
  [{ kind: 'any', of: [] }, {}, false],
  [{ kind: 'all', of: [{ kind: 'exists' }, equals('a', 1)] }, { a: 1 }, true],
  [{ kind: 'all', of: [{ kind: 'exists' }, equals('a', 1)] }, { a: 2 }, false],
  [{ kind: 'any', of: [{ kind: 'absent' }, equals('a', 1)] }, null, true],
  [{ kind: 'any', of: [{ kind: 'absent' }, equals('a', 1)] }, { a: 1 }, true],
  [{ kind: 'any', of: [{ kind: 'absent' }, equals('a', 1)] }, { a: 2 }, false],
  [
    {
      kind: 'all',
      of: [
        { kind: 'any', of: [equals('s', 'x'), equals('s', 'y')] },
        { kind: 'below', attribute: 'n', value: 3 },
      ],
    },
    { s: 'y', n: 2 },
    true,
  ],
  [equals('a b.c#:"1', 'x'), { 'a b.c#:"1': 'x' }, true],
  [equals('size', 1), { size: 1 }, true],
];

export function conditionsContract(subject: () => StoreUnderTest): void {
  describe('conditions', () => {
    it.each(TABLE)('%j on %j: %j', async (condition, data, expected) => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      if (data !== null) await store.transact([{ put: { ...key, data } }]);
      const outcomes: boolean[] = [];
      for (const operation of [
        { check: key, condition },
        { update: key, set: { seen: 1 }, condition },
      ]) {
        const error = await store.transact([operation]).then(
          () => null,
          (thrown: unknown) => thrown,
        );
        outcomes.push(error === null);
        if (error !== null) expect(error).toBeInstanceOf(TransactionRefused);
      }
      expect(outcomes).toEqual([expected, expected]);
    });

    it('every operation kind obeys its condition', async () => {
      const { store } = subject();
      const key = { pk: unique('pk'), sk: '-' };
      const condition: Condition = { kind: 'equals', attribute: 'rev', value: 2 };
      await store.transact([{ put: { ...key, data: { rev: 1 } } }]);
      for (const operation of [
        { put: { ...key, data: { rev: 9 } }, condition },
        { update: key, set: { rev: 9 }, condition },
        { delete: key, condition },
        { check: key, condition },
      ])
        expect(await rejection(store.transact([operation]))).toBeInstanceOf(TransactionRefused);
      expect((await store.get(key))?.data).toEqual({ rev: 1 });
      await store.transact([{ delete: key, condition: { kind: 'equals', attribute: 'rev', value: 1 } }]);
      expect(await store.get(key)).toBeNull();
    });

    it('adding to what is no number, or past what a number holds, refuses the transaction', async () => {
      const { store } = subject();
      const pk = unique('pk');
      await store.transact([{ put: { pk, sk: 'a', data: { n: 'x' } } }, { put: { pk, sk: 'b', data: { n: null } } }]);
      for (const sk of ['a', 'b']) {
        const refusal = await rejection(
          store.transact([{ update: { pk, sk }, add: { n: 1 } }, { put: { pk, sk: 'c', data: {} } }]),
        );
        expect(refusal).toMatchObject({ name: 'TransactionRefused', refused: [{ operation: 0, key: { pk, sk } }] });
      }
      expect(await store.get({ pk, sk: 'c' })).toBeNull();
    });
  });
}
