import { openLocalHome } from '#lib/local/home';
import type { StoreUnderTest } from '../contract/store/under-test.ts';
import { storeContract } from '../contract/store.ts';
import { makeFolder, removeFolder } from './folder.ts';
import { VirtualTime } from './virtual-time.ts';

async function makeStore(transactions?: number): Promise<StoreUnderTest> {
  const dir = makeFolder();
  const time = new VirtualTime();
  const lag = transactions === undefined ? {} : { indexLag: { transactions } };
  const home = await openLocalHome(dir, { clock: time, timer: time, environment: {}, ...lag });
  return {
    store: home.store,
    now: () => time.now(),
    advance: (milliseconds) => time.advance(milliseconds),
    settleIndexes: async () => home.store.settleIndexes(),
    dispose: async () => {
      await home.close();
      removeFolder(dir);
    },
  };
}

storeContract('local', () => makeStore());
storeContract('local, indexes three transactions behind', () => makeStore(3));
