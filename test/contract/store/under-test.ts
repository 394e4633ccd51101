import type { Store } from '#lib/ports/store';
import type { Harness } from '../harness.ts';

export interface StoreUnderTest extends Harness {
  store: Store;
  now(): number;
  /** How many sequences of the property are worth their time here; 100 when it is not said. */
  runs?: number;
  /** Returns when reads of the indexes see everything written before. */
  settleIndexes(): Promise<void>;
}
