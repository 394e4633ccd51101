import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LocalHome, openLocalHome } from '#lib/local/home';
import type { Operation } from '#lib/ports/store';
import { bareCommits } from './bare.ts';

/**
 * How many durable transactions and reads a second does the local store make, on a folder that holds 100,000 items?
 * `node bench/store/run.ts [--write]` prints JSON; `--write` keeps it as results/store.json. A transaction is four
 * operations as the kernel makes them (head, version, unique name, feed event), each with its fsync or its group's.
 * The peer is node:sqlite alone, writing the same four rows per commit.
 */
const ITEMS = 100_000;
const DATA = { name: 'triage', state: 'active', rev: 1, text: 'x'.repeat(400) };

const put = (pk: string, sk: string, feed = false): Operation => ({
  put: {
    pk,
    sk,
    data: DATA,
    indexes: { g1: { pk: `list#${pk.length}`, sk: `${pk}#${sk}` } },
    ...(feed ? { feed } : {}),
  },
});
let next = 0;
function creation(): Operation[] {
  next += 1;
  const pk = `T#bench#PRG#${next}`;
  return [
    { ...put(pk, 'HEAD'), condition: { kind: 'absent' } } as Operation,
    put(pk, 'V#000001'),
    { put: { pk: `T#bench#NAME#${next}`, sk: '-', data: {} }, condition: { kind: 'absent' } },
    put(pk, `EV#${next}`, true),
  ];
}

/** Runs `act` from `parallel` loops until the time is over; calls a second. */
async function rate(parallel: number, seconds: number, act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let count = 0;
  const loop = async () => {
    while (performance.now() - start < seconds * 1000) {
      await act();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, loop));
  return Math.round((count / (performance.now() - start)) * 1000);
}

async function fill({ store }: LocalHome): Promise<void> {
  for (let first = 0; first < ITEMS; first += 10_000) {
    const batches = Array.from({ length: 100 }, (_, batch) =>
      store.transact(
        Array.from({ length: 100 }, (_, n) => put('T#bench#EXE', `${first + batch * 100 + n}`.padStart(8, '0'))),
      ),
    );
    await Promise.all(batches);
  }
}

async function measure(dir: string) {
  const filling = await openLocalHome(dir);
  await fill(filling);
  await filling.close();
  const opening = performance.now();
  const home = await openLocalHome(dir);
  const openMilliseconds = Math.round(performance.now() - opening);
  const { store, queue } = home;
  const sk = () => `${Math.floor(Math.random() * ITEMS)}`.padStart(8, '0');
  const results = {
    items: ITEMS,
    openMilliseconds,
    transactionsPerSecond: {
      oneAtATime: await rate(1, 3, () => store.transact(creation())),
      parallel16: await rate(16, 3, () => store.transact(creation())),
      parallel256: await rate(256, 3, () => store.transact(creation())),
      smallUpdatesParallel256: await rate(256, 3, () =>
        store.transact([{ update: { pk: 'sum', sk: '-' }, add: { n: 1 } }]),
      ),
    },
    readsPerSecond: {
      get: await rate(16, 3, () => store.get({ pk: 'T#bench#EXE', sk: sk() })),
      pageOf50: await rate(1, 3, () => store.query({ pk: 'T#bench#EXE', sk: { from: sk() }, limit: 50 })),
      indexPageOf50: await rate(1, 3, () =>
        store.query({ index: 'g1', pk: 'list#11', order: 'descending', limit: 50 }),
      ),
    },
    queuePerSecond: {
      sendParallel64: await rate(64, 2, () =>
        queue.send('job', '{"v":1}', { group: `w${Math.floor(Math.random() * 8)}` }),
      ),
      receiveAndDeleteParallel64: await rate(64, 2, async () => {
        for (const { receipt } of await queue.receive('job', { max: 1, visibilitySeconds: 60 }))
          await queue.delete('job', receipt);
      }),
    },
  };
  await home.close();
  return results;
}

const dir = mkdtempSync(join(tmpdir(), 'dspex-bench-'));
try {
  const machine = {
    node: process.version,
    sqlite: process.versions.sqlite,
    cpus: cpus().length,
    loadAverage: loadavg()[0],
  };
  const results = {
    machine,
    ...(await measure(dir)),
    peer: { nodeSqliteAlonePerSecond: bareCommits(join(dir, 'bare.db'), 3) },
  };
  const text = `${JSON.stringify(results, null, 2)}\n`;
  process.stdout.write(text);
  if (process.argv.includes('--write'))
    writeFileSync(fileURLToPath(new URL('results/store.json', import.meta.url)), text);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
