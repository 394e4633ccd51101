// node bench/lm-replay/equal-quality.ts [--seeds 30] [--write]
// What an answer costs at equal quality: the best that tuning one family alone can give (only instructions, only demos, only
// the settings: every combination measured), against the joint search told to be at least as good and as cheap as it can.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '#lib/base/random';
import type { Assignment } from '#lib/variable/variable';
import { isRecorded, openReplay, openReplays, PRICE, type Replay } from './replay.ts';
import { searchReplay, untuned } from './search.ts';

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '30' }, write: { type: 'boolean', default: false } },
});
const FAMILIES = {
  instructions: ['instruction'],
  demos: ['demos'],
  settings: ['module', 'adapter', 'temperature'],
};
const COSTS = { nanoUsd: 'costNanoUsd', tokens: 'tokens', ms: 'latencyMs' } as const;
type Cost = keyof typeof COSTS;

/** Every program that differs from the start in this family only; the best first, of equals the cheapest. */
function tuned(replay: Replay, start: Assignment, family: readonly string[], cost: Cost): Assignment[] {
  const dimensions = replay.variables.filter(({ name }) => family.includes(name));
  const all = dimensions.reduce<Assignment[]>(
    (made, { name, choices }) => made.flatMap((one) => choices.map((choice) => ({ ...one, [name]: choice }))),
    [start],
  );
  const key = (one: Assignment) => replay.means(one);
  return all.sort((a, b) => key(b).quality - key(a).quality || key(a)[cost] - key(b)[cost]);
}

async function joint(replay: Replay, start: Assignment, seed: number, atLeast: number, cost: Cost, runs: number) {
  const { steps } = await searchReplay(replay, {
    ...{ strategy: 'variable_search', seed, start },
    config: { trials: 96, maxExampleRuns: runs },
    objectives: [
      // A breath below, because a mean of sixty is not exact.
      { name: 'quality', goal: 'maximize', weight: 0, atLeast: atLeast - 1e-9 },
      { name: COSTS[cost], goal: 'minimize' },
    ],
  });
  return steps.at(-1)?.incumbent ?? start;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const round = (value: number): number => Number(value.toPrecision(4));
function interval(values: readonly number[]): number[] {
  const random = seededRandom('interval');
  const drawn = Array.from({ length: 2000 }, () => mean(values.map(() => random.pick(values)))).sort((a, b) => a - b);
  return [round(drawn[49] ?? Number.NaN), round(drawn[1949] ?? Number.NaN)];
}

const report: object[] = [];
for (const replay of openReplays()) {
  const { name } = replay.task;
  const held = isRecorded(name, 'test') ? openReplay(name, 'test') : null;
  for (const module of new Set(replay.configurations.map((one) => one.module)))
    for (const cost of Object.keys(COSTS) as Cost[]) {
      const start = { ...untuned(replay), module };
      const families = Object.entries(FAMILIES).map(([family, free]) => {
        const [best = start] = tuned(replay, start, free, cost);
        return { family, best, ...replay.means(best) };
      });
      const single = families.toSorted((a, b) => b.quality - a.quality || a[cost] - b[cost])[0];
      if (single === undefined) continue;
      // As many runs as tuning the three families took.
      const programs = Object.values(FAMILIES).map((free) => tuned(replay, start, free, cost).length);
      const runs = replay.task.examples.validation.length * programs.reduce((sum, count) => sum + count, 0);
      const winners: Assignment[] = [];
      for (let seed = 1; seed <= Number(options.seeds); seed++)
        winners.push(await joint(replay, start, seed, single.quality, cost, runs));
      const told = winners.map((winner) => replay.means(winner));
      const cheaper = told.map((one) => (one.quality >= single.quality - 1e-9 ? single[cost] / one[cost] : 1));
      const possible = replay.configurations
        .map((one) => replay.means({ ...one, temperature: String(one.temperature) }))
        .filter(({ quality }) => quality >= single.quality - 1e-9);
      const row = {
        ...{ task: name, start: module, cost, runs, single: single.family, quality: round(single.quality) },
        singleCost: round(single[cost]),
        jointCost: round(mean(told.map((one) => one[cost]))),
        jointQuality: round(mean(told.map(({ quality }) => quality))),
        cheaper: round(mean(cheaper)),
        interval: interval(cheaper),
        possible: round(single[cost] / Math.min(...possible.map((one) => one[cost]))),
        families: families.map(({ family, quality, ...rest }) => ({
          family,
          quality: round(quality),
          cost: round(rest[cost]),
        })),
        ...(held === null
          ? {}
          : {
              heldOut: {
                single: round(held.means(single.best).quality),
                joint: round(mean(winners.map((winner) => held.means(winner).quality))),
              },
            }),
      };
      report.push(row);
      console.log(JSON.stringify(row));
    }
}
if (options.write)
  writeFileSync(
    join(import.meta.dirname, 'results/equal-quality.json'),
    `${JSON.stringify({ price: PRICE, seeds: Number(options.seeds), rows: report }, null, 1)}\n`,
  );
