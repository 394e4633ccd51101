import type { Store } from '#lib/ports/store';
import type { Harness } from '../harness.ts';

export interface StoreUnderTest extends Harness {
  store: Store;
  now(): number;
  /** Returns when reads of the indexes see everything written before. */
  settleIndexes(): Promise<void>;
}
