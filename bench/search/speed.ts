// node bench/search/speed.ts [--rounds 5] [--write]: CPU of a suggestion after 100 trials, ours and the peers', side by side.
// Space: that of ackley_mixed_10 (d = 10), with a plain bowl as objective. Each figure is the CPU of trials 91 to 110 of a search, objective included, by 20.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { searchBlackBox } from '#lib/optimizer/black-box/search';
import type { Assignment } from '#lib/variable/variable';
import { readTasks } from './tasks.ts';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
});
const task = readTasks().find(({ id }) => id === 'ackley_mixed_10');
if (task === undefined) throw new Error('no task ackley_mixed_10');

/** As cheap as can be, so that what is timed is the sampler. */
function bowl(a: Assignment): number {
  let sum = 'abcde'.indexOf(String(a.c0)) + 'abcde'.indexOf(String(a.c1));
  for (const name of ['x0', 'x1', 'x2', 'x3', 'x4', 'i0', 'i1', 'i2']) sum += Number(a[name]) ** 2;
  return sum;
}

function ours(seed: number): number {
  const search = searchBlackBox((task as NonNullable<typeof task>).box, {
    strategy: 'variable_search',
    seed,
    trials: 200,
  });
  let before = process.cpuUsage();
  for (let trial = 0; trial < 110; trial++) {
    if (trial === 90) before = process.cpuUsage();
    const asked = search.ask();
    if (asked === null || asked === 'waiting') throw new Error('nothing was asked');
    search.tell(trial, { objectives: { loss: bowl(asked.assignment) } });
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / 20;
}

const here = (name: string): string => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
const samplers = existsSync(here('.venv/bin/python')) ? ['optuna_tpe', 'optuna_tpe_multivariate_group'] : [];
const found: Record<string, number[]> = {
  variable_search: [],
  ...Object.fromEntries(samplers.map((name) => [name, []])),
};
// As in a process that searches for a while: code that ran a few times is compiled.
for (let warm = 0; warm < 10; warm++) ours(1000 + warm);
for (let round = 0; round < Number(options.rounds); round++) {
  found.variable_search?.push(ours(round));
  for (const name of samplers) {
    const seconds = execFileSync(here('.venv/bin/python'), [here('speed.py'), name, String(round)], {
      encoding: 'utf8',
    });
    found[name]?.push(Number(seconds) * 1000);
  }
}
const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
const own = median(found.variable_search ?? []);
const rows = Object.entries(found).map(([sampler, list]) => ({
  sampler,
  millisecondsPerSuggestion: Number(median(list).toPrecision(3)),
  low: Number(Math.min(...list).toPrecision(3)),
  high: Number(Math.max(...list).toPrecision(3)),
  timesOurs: Number((median(list) / own).toPrecision(3)),
}));
console.table(rows);
if (options.write) {
  const file = new URL('results/speed.json', import.meta.url);
  // Other work on the machine slows all of them; what is compared is their ratio.
  const load = Number(loadavg()[0]?.toFixed(1));
  const figures = { node: process.version, loadAverage: load, task: task.id, trials: '91-110', rows };
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}
