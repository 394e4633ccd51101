// node bench/lm-replay/families.ts [--seeds 40] [--write]
// What one search over everything finds against searches over one family of variables, on examples that none of them saw: half
// of the 60 recorded ones are searched on, drawn anew for each seed, and the other half tells. From each adapter: what is not
// searched stays as it is at the start.
import { seededRandom } from '#lib/base/random';
import { asked } from './asked.ts';
import { interval, mean, round } from './figures.ts';
import { ADAPTERS } from './grid.ts';
import { onExamples, openReplays } from './replay.ts';
import { searchReplay, untuned } from './search.ts';

const { seeds, keep } = asked(40);
const FAMILIES = {
  demos: ['demos'],
  instructions: ['instruction'],
  settings: ['module', 'adapter', 'temperature'],
};
const SEEN = 30;
const CONFIG = { trials: 96, minibatch: {}, winner: 'believed' };

const rows: object[] = [];
for (const adapter of ADAPTERS) {
  const gainsOf: Record<string, number[][]> = {};
  for (const replay of openReplays()) {
    const start = { ...untuned(replay), adapter };
    const everything = replay.variables.map(({ name }) => name);
    const found: Record<string, number[]> = {};
    for (let seed = 1; seed <= seeds; seed++) {
      const places = seededRandom(`held out/${seed}`).shuffle(replay.task.examples.validation.map((_, place) => place));
      const [shown, held] = [onExamples(replay, places.slice(0, SEEN)), onExamples(replay, places.slice(SEEN))];
      for (const [family, free] of Object.entries({ joint: everything, ...FAMILIES })) {
        const { winner } = await searchReplay(shown, {
          ...{ strategy: 'variable_search', seed, start, free: free.filter((name) => everything.includes(name)) },
          config: CONFIG,
        });
        found[family] = [...(found[family] ?? []), held.means(winner).quality];
      }
    }
    const { joint = [] } = found;
    for (const family of Object.keys(FAMILIES)) {
      const gains = joint.map((one, k) => one - (found[family]?.[k] ?? 0));
      gainsOf[family] = [...(gainsOf[family] ?? []), gains];
      const row = {
        ...{
          adapter,
          task: replay.task.name,
          family,
          quality: round(mean(found[family] ?? [])),
          joint: round(mean(joint)),
        },
        ...{ gain: round(mean(gains)), interval: interval(gains) },
      };
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  }
  for (const [family, all] of Object.entries(gainsOf)) {
    // A seed is one observation: its mean over the tasks.
    const gains = (all[0] ?? []).map((_, k) => mean(all.map((one) => one[k] ?? 0)));
    const row = { adapter, task: 'all', family, gain: round(mean(gains)), interval: interval(gains) };
    rows.push(row);
    console.log(JSON.stringify(row));
  }
}
keep('families', { seeds, seen: SEEN, config: CONFIG, rows });
