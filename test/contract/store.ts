import { afterAll, beforeAll, describe } from 'vitest';
import { conditionsContract } from './store/conditions.ts';
import { limitsContract } from './store/limits.ts';
import { propertyContract } from './store/property.ts';
import { queryContract } from './store/query.ts';
import { readWriteContract } from './store/read-write.ts';
import { transactionContract } from './store/transaction.ts';
import type { StoreUnderTest } from './store/under-test.ts';

/** What every Store guarantees. `makeStore` is called once; the tests keep apart by their keys. */
export function storeContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`Store contract: ${name}`, () => {
    let made: StoreUnderTest | null = null;
    const subject = (): StoreUnderTest => {
      if (made === null) throw new Error('the store under test is not made yet');
      return made;
    };
    beforeAll(async () => {
      made = await makeStore();
    });
    afterAll(() => made?.dispose());
    readWriteContract(subject);
    conditionsContract(subject);
    transactionContract(subject);
    queryContract(subject);
    limitsContract(subject);
    propertyContract(subject);
  });
}
