// node bench/search/rigor.ts [--seeds 30] [--write]: rigor x exploratory_focus, two variables shared by four modules.
// Is the interaction found by one search over the shared variables, and by tuning each module for itself?
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { joint, separate, TRIALS } from './rigor-program.ts';

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '30' }, write: { type: 'boolean', default: false } },
});
const seeds = Number(options.seeds);
const rows = [joint, separate].map((way) => {
  const runs = Array.from({ length: seeds }, (_, seed) => way(seed));
  const found = runs.filter((run) => run.found).length;
  const mean = runs.reduce((sum, { quality }) => sum + quality, 0) / seeds;
  return { way: way.name, trials: TRIALS, foundInSeeds: found, ofSeeds: seeds, meanQuality: Number(mean.toFixed(4)) };
});
console.table(rows);
if (options.write) {
  const file = new URL('results/rigor.json', import.meta.url);
  writeFileSync(file, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);
}
