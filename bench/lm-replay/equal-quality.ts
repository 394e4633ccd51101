// node bench/lm-replay/equal-quality.ts [--seeds 30] [--write]
// What an answer costs at equal quality: the best that tuning one family alone can give (only instructions, only demos, only
// the settings: every combination measured), against the joint search told to be at least as good and as cheap as it can.
import { asked } from './asked.ts';
import { COSTS, type Cost, jointly, tuned } from './cheaper.ts';
import { mean, round } from './figures.ts';
import { isRecorded, openReplay, openReplays, PRICE } from './replay.ts';
import { untuned } from './search.ts';

const { seeds, keep } = asked(30);
const FAMILIES = {
  instructions: ['instruction'],
  demos: ['demos'],
  settings: ['module', 'adapter', 'temperature'],
};

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
      const { winners, figures } = await jointly(
        ...([replay, start, { quality: single.quality, cost, single: single[cost] }] as const),
        { runs, seeds },
      );
      const possible = replay.configurations
        .map((one) => replay.means({ ...one, temperature: String(one.temperature) }))
        .filter(({ quality }) => quality >= single.quality - 1e-9);
      const row = {
        ...{ task: name, start: module, cost, runs, single: single.family, quality: round(single.quality) },
        singleCost: round(single[cost]),
        ...figures,
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
keep('equal-quality', { price: PRICE, seeds, rows: report });
