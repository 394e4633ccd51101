import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Condition, type Item, type Operation, TransactionRefused } from '#lib/ports/store';
import { unique } from '../harness.ts';
import { INDEXES, StoreModel } from './model.ts';
import { allPages } from './query.ts';
import type { StoreUnderTest } from './under-test.ts';

const SKS = ['a', 'a#1', 'b', 'B', '\ufffd', '\u{1f600}'];
const NAMES = ['n', 'm', 's'];

const sk = fc.constantFrom(...SKS);
const name = fc.constantFrom(...NAMES);
const scalar = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('x', '', true, null));
const data = fc.dictionary(name, scalar, { noNullPrototype: true });
const simple = fc.oneof(
  fc.constantFrom<Condition>({ kind: 'exists' }, { kind: 'absent' }),
  fc.record({ kind: fc.constant('equals' as const), attribute: name, value: scalar }),
  fc.record({ kind: fc.constant('oneOf' as const), attribute: name, values: fc.array(scalar, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constantFrom('atLeast' as const, 'atMost' as const, 'below' as const),
    attribute: name,
    value: fc.integer({ min: -3, max: 3 }),
  }),
  fc.record({ kind: fc.constant('missing' as const), attribute: name }),
);
const condition: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 3, arbitrary: simple },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(simple, { maxLength: 3 }),
    }),
  },
);
/** Sort keys of the two indexes; the partition is the test's own. */
const places = fc.record({ g1: sk, g2: sk }, { requiredKeys: [] });
const change = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), data, places, lifetime: fc.constantFrom(null, null, 5, 50) }),
  fc.record({
    kind: fc.constant('update' as const),
    set: data,
    add: fc.integer({ min: -3, max: 3 }),
    to: name,
    remove: name,
    places: fc.option(places),
  }),
  fc.record({ kind: fc.constant('delete' as const) }),
  fc.record({ kind: fc.constant('check' as const) }),
);
const operation = fc.record({ sk, change, condition: fc.option(condition, { freq: 2 }) });
const transaction = fc.record({
  operations: fc.uniqueArray(operation, { selector: (one) => one.sk, minLength: 1, maxLength: 5 }),
  pause: fc.constantFrom(0, 0, 0, 3000, 10_000),
});

type Drawn = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function operationOf(pk: string, drawn: Drawn, nowSeconds: number): Operation {
  const key = { pk, sk: drawn.sk };
  const guard = drawn.condition === null ? {} : { condition: drawn.condition };
  const indexesOf = (at: { g1?: string; g2?: string }): NonNullable<Item['indexes']> =>
    Object.fromEntries(Object.entries(at).map(([index, where]) => [index, { pk, sk: where }]));
  const { change } = drawn;
  if (change.kind === 'delete') return { delete: key, ...guard };
  if (change.kind === 'check') return { check: key, condition: drawn.condition ?? { kind: 'all', of: [] } };
  if (change.kind === 'put') {
    const indexes = indexesOf(change.places);
    const placed = Object.keys(indexes).length === 0 ? {} : { indexes };
    const expiry = change.lifetime === null ? {} : { expiresAt: nowSeconds + change.lifetime };
    return { put: { ...key, data: change.data, ...placed, ...expiry }, ...guard };
  }
  const { [change.to]: _, [change.remove]: __, ...set } = change.set;
  const removal = change.remove === change.to ? {} : { remove: [change.remove] };
  const moved = change.places === null ? {} : { indexes: indexesOf(change.places) };
  return { update: key, set, add: { [change.to]: change.add }, ...removal, ...moved, ...guard };
}

export function propertyContract(subject: () => StoreUnderTest): void {
  describe('against a model', () => {
    it('any sequence of transactions refuses, writes and lists exactly what a plain list of items would', async () => {
      const { store, now, advance, settleIndexes, runs = 100 } = subject();
      const sequence = fc.array(transaction, { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(sequence, async (steps) => {
          const pk = unique('pk');
          const model = new StoreModel();
          const seconds = () => now() / 1000;
          for (const { operations, pause } of steps) {
            if (pause > 0) await advance(pause);
            const asked = operations.map((drawn) => operationOf(pk, drawn, Math.floor(seconds())));
            const refused = await store.transact(asked).then(
              () => [],
              (error: unknown) => {
                expect(error).toBeInstanceOf(TransactionRefused);
                return (error as TransactionRefused).refused.map((one) => one.operation);
              },
            );
            expect(refused).toEqual(model.transact(asked, seconds()));
          }
          await settleIndexes();
          for (const index of INDEXES)
            for (const order of ['ascending', 'descending'] as const)
              for (const bounds of [{}, { prefix: 'a' }, { from: 'a#1', to: '\ufffd' }]) {
                const query = { ...(index === undefined ? {} : { index }), pk, order, sk: bounds };
                const listed = await allPages(store, { ...query, limit: 2 });
                const expected = model.all(query, seconds());
                // Items with one index key come in an order that each home chooses.
                expect(new Set(listed.map(text))).toEqual(new Set(expected.map(text)));
                expect(listed.map((item) => place(item, index))).toEqual(expected.map((item) => place(item, index)));
              }
          const keys = SKS.map((one) => ({ pk, sk: one }));
          const there = model.all({ pk }, seconds());
          const read = await store.getMany(keys);
          expect(read).toEqual(keys.map((key) => there.find((item) => item.sk === key.sk) ?? null));
        }),
        // What takes longer is cut off with what has been found, so that a failure is told and not a time-out.
        { numRuns: runs, interruptAfterTimeLimit: 45_000 },
      );
    }, 60_000);
  });
}

function place(item: Item, index: 'g1' | 'g2' | 'g3' | undefined): string | undefined {
  return index === undefined ? item.sk : item.indexes?.[index]?.sk;
}

function text(item: Item): string {
  return JSON.stringify([item.sk, Object.entries(item.data).sort(), item.expiresAt]);
}
