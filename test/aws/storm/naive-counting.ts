import type { Item, Key, Store } from '#lib/ports/store';
import type { SliceResult } from '#lib/work/optimization';

/** Sums as the control keeps them: by additions, one for each time that somebody believes to have a result. */
export interface NaiveSums {
  slices: number;
  examples: number;
  score: number;
  calls: number;
  nanoUsd: number;
}

export function naiveKey(optimizationId: string): Key {
  return { pk: `NAIVE#${optimizationId}`, sk: '-' };
}

/** The control: the row first, the sums after it, neither on any condition. `between` is where a process may die. */
export async function countNaively(
  store: Pick<Store, 'transact'>,
  optimizationId: string,
  item: Item,
  between: () => void,
): Promise<void> {
  const [result] = item.data.batch as unknown as SliceResult[];
  if (result === undefined) throw new Error('a slice without a result');
  await store.transact([{ put: item }]);
  between();
  const { outcomes, calls, spentNanoUsd } = result;
  const add: Record<keyof NaiveSums, number> = {
    slices: 1,
    examples: outcomes.length,
    score: outcomes.reduce((sum, { score }) => sum + (score ?? 0), 0),
    calls,
    nanoUsd: spentNanoUsd ?? 0,
  };
  await store.transact([{ update: naiveKey(optimizationId), add: { ...add } }]);
}

/** A store that does not know which slices are in: without the fence each delivery is measured and counted. */
export function blindToSlices<S extends Pick<Store, 'get'>>(store: S): S {
  return { ...store, get: async (key: Key) => (key.pk.endsWith('#slice') ? null : store.get(key)) };
}
