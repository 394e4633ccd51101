import { parseArgs } from 'node:util';
import { systemClock } from '#lib/base/clock';
import { seededRandom } from '#lib/base/random';
import { createKernel, systemPrincipal } from '#lib/kernel/kernel';
import { openLocalHome } from '#lib/local/home';
import { pump } from '#lib/local/pump';
import { resources } from '#lib/resources/resources';
import { readRows, rowItem } from '#lib/resources/rows';
import { sliceRows } from '#lib/work/optimization';
import { tally } from '#lib/work/slice';
import { makeFolder, removeFolder } from '../local/folder.ts';

/**
 * `node test/fault/slice-storm.ts [--slices 10000] [--naive]`: slices served by the real queue and counted by the real
 * `Trial.tally`, 5 % of the deliveries doubled, 5 % of the workers lost at a random point. Each must count once; with
 * `--naive` (row first, sum after it) the same storm must be noticed. Exits with 1 when something was lost or doubled.
 */
const { values } = parseArgs({
  options: {
    slices: { type: 'string', default: '10000' },
    seed: { type: 'string', default: 'storm' },
    naive: { type: 'boolean', default: false },
  },
});
const slices = Number(values.slices);
const random = seededRandom(values.seed);
const dir = makeFolder();
const home = await openLocalHome(dir);
const kernel = createKernel({
  resources,
  store: home.store,
  blobs: home.blobs,
  clock: systemClock,
  services: () => ({}),
});
const acting = kernel.acting(systemPrincipal('wsp_storm'));
const rows = sliceRows('wsp_storm', 'opt_storm');
const trials: string[] = [];
const each = 100;
for (let number = 0; number * each < slices; number++) {
  const created = await acting.dispatch<{ id: string }>({
    ...{ resource: 'Trial', action: 'create', as: 'system' as const },
    input: {
      ...{ optimizationId: 'opt_storm', number, work: {}, name: `t${number}`, assignment: {}, origin: 'storm' },
      ...{ parent: null, examples: each, slices: [] },
    },
  });
  trials.push(created.id);
}

class Lost extends Error {}
const points = { lost: 0, doubled: 0, handled: 0 };
const mayDie = (chance: number): void => {
  if (random.next() >= chance) return;
  points.lost += 1;
  throw new Lost('the worker died here');
};

async function count(sliceId: string): Promise<void> {
  const n = Number(sliceId);
  const id = trials[Math.floor(n / each)] ?? '';
  mayDie(0.0125);
  const item = await rowItem({ store: home.store, blobs: home.blobs }, rows, sliceId.padStart(8, '0'), [{ n }]);
  mayDie(0.0125);
  if (values.naive) {
    await home.store.transact([{ put: item }]);
    mayDie(0.0125);
    await home.store.transact([{ update: { pk: 'naive', sk: '-' }, add: { closed: 1 } }]);
  } else {
    await tally(acting, id, item);
  }
  // After the commit, before the message is deleted: it comes again.
  mayDie(0.025);
}

const begin = performance.now();
for (let n = 0; n < slices; n++) {
  const times = random.next() < 0.05 ? 2 : 1;
  points.doubled += times - 1;
  for (let copy = 0; copy < times; copy++) await home.queue.send('slice', String(n));
}
const idle = Promise.withResolvers<void>();
let left = slices + points.doubled;
const running = pump({
  ...{ queue: home.queue, name: 'slice', concurrency: 32, retryAfterSeconds: () => 0 },
  handle: async ({ body }) => {
    points.handled += 1;
    await count(body);
    left -= 1;
    if (left === 0) idle.resolve();
  },
});
await idle.promise;
await running.stop();

const there = (await readRows<{ n: number }>({ store: home.store, blobs: home.blobs }, rows)).map(({ n }) => n);
let counted = 0;
if (values.naive) counted = Number((await home.store.get({ pk: 'naive', sk: '-' }))?.data.closed ?? 0);
else for (const id of trials) counted += (await acting.get<{ closedSlices: number }>('Trial', id)).closedSlices;
const dead = (await home.queue.deadLetters('slice', 1000)).length;
const result = {
  ...{ slices, seed: values.seed, counting: values.naive ? 'naive' : 'one transaction', ...points },
  amplification: points.handled / slices,
  ...{ rows: there.length, distinct: new Set(there).size, counted, dead },
  seconds: Math.round((performance.now() - begin) / 1000),
  ...{ lostSlices: slices - new Set(there).size, miscounted: counted - slices },
};
await home.close();
removeFolder(dir);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exitCode = result.lostSlices === 0 && result.miscounted === 0 && dead === 0 ? 0 : 1;
