import type { Item, Key, Operation, Store } from '#lib/ports/store';

/** As much of a Store as the answer cache uses, with a look at what was written. */
export interface MemoryStore extends Store {
  items: Map<string, Item>;
  /** The size of each transaction so far. */
  transactions: number[];
  broken: boolean;
}

export function memoryStore(): MemoryStore {
  const name = ({ pk, sk }: Key) => `${pk} ${sk}`;
  const store: MemoryStore = {
    items: new Map(),
    transactions: [],
    broken: false,
    async get(key) {
      if (store.broken) throw new Error('the store is down');
      const item = store.items.get(name(key));
      return item === undefined ? null : structuredClone(item);
    },
    getMany: (keys) => Promise.all(keys.map((key) => store.get(key))),
    async query() {
      throw new Error('the answer cache asks no queries');
    },
    async transact(operations: readonly Operation[]) {
      if (store.broken) throw new Error('the store is down');
      if (operations.length > 100) throw new Error('more than 100 operations');
      if (Buffer.byteLength(JSON.stringify(operations)) > 4 * 1024 * 1024) throw new Error('more than 4 MB');
      store.transactions.push(operations.length);
      for (const operation of operations)
        if ('put' in operation) store.items.set(name(operation.put), structuredClone(operation.put));
    },
    async close() {},
  };
  return store;
}
