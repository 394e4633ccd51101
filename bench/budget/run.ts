// node bench/budget/run.ts [--rounds 1000] [--write]: do 100 reservations at once, round after round, with workers that die
// holding theirs, ever overspend a budget? Beside it the naive way (read, compare, write) as a control that must fail.

import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '#lib/base/random';
import { createLedger } from '#lib/lm/budget/ledger';
import { openLocalHome } from '#lib/local/home';
import { machine } from '../measure.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '1000' }, write: { type: 'boolean', default: false } },
});
const rounds = Number(options.rounds);
const WORKERS = 100;
const folder = await mkdtemp(join(tmpdir(), 'dspex-budget-'));
const home = await openLocalHome(folder, { environment: {} });
const random = seededRandom('budget');
const cap = rounds * 1500;
const ledger = createLedger(home.store, 'bench#budget');
await ledger.open({ calls: cap });

const counts = { reservations: 0, granted: 0, refused: 0, died: 0, overspentRounds: 0, miscountedRounds: 0 };
let mustBeSpent = 0;
for (let round = 0; round < rounds; round++) {
  await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      const id = `r${round}w${worker}`;
      const calls = 1 + Math.floor(random.next() * 60);
      const [dies, used] = [random.next() < 0.05, Math.floor(random.next() * (calls + 1))];
      counts.reservations++;
      const ok = await ledger.reserve(id, { calls }, round).then(
        () => true,
        () => false,
      );
      if (!ok) {
        counts.refused++;
        return;
      }
      counts.granted++;
      if (dies) counts.died++;
      else await ledger.close(id, { calls }, { calls: used });
      mustBeSpent += dies ? calls : used;
    }),
  );
  await ledger.sweep(round);
  const state = await ledger.state();
  const spent = state?.spent.calls ?? 0;
  if (spent + (state?.reserved.calls ?? 0) > cap) counts.overspentRounds++;
  if (spent !== mustBeSpent) counts.miscountedRounds++;
  if (process.stderr.isTTY && round % 20 === 0) process.stderr.write(`\r${round}/${rounds}`);
}

/** Read what is left, compare, write: two that read the same both take it. */
async function naive(): Promise<number> {
  const key = { pk: 'bench#naive', sk: 'ledger' };
  await home.store.transact([{ put: { ...key, data: { left: 1000 } } }]);
  let taken = 0;
  await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      const left = Number((await home.store.get(key))?.data.left);
      if (left < 20) return;
      taken += 20;
      await home.store.transact([{ update: key, set: { left: left - 20 } }]);
    }),
  );
  return taken - 1000;
}
const overspentByNaive = await naive();
await home.close();
await rm(folder, { recursive: true });
const result = {
  question: 'Is a budget ever overspent?',
  ...machine(),
  rounds,
  workers: WORKERS,
  ...counts,
  naiveControlOverspends: overspentByNaive,
};
console.log(JSON.stringify(result, null, 2));
if (options.write)
  writeFileSync(new URL('results/reservations.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
process.exitCode = counts.overspentRounds + counts.miscountedRounds === 0 && overspentByNaive > 0 ? 0 : 1;
