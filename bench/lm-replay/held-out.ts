// node bench/lm-replay/held-out.ts [--seeds 40] [--write]
// What a search's winner is worth on examples that it never saw: some of the 60 recorded ones are searched on, drawn anew for each
// seed, and the others tell. The best measured against the best believed, of the same trials.
import type { JsonObject } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import { asked } from './asked.ts';
import { interval, mean, round } from './figures.ts';
import { onExamples, openReplays } from './replay.ts';
import { searchReplay, untuned } from './search.ts';

const { seeds, keep } = asked(40);
const SEARCHES: Record<string, JsonObject> = {
  'minibatches, 96 trials': { trials: 96, minibatch: {} },
  '40 trials in full': { trials: 40 },
  '12 trials in full': { trials: 12 },
};
const SEEN = [30, 45];

const rows: object[] = [];
for (const replay of openReplays())
  for (const [search, config] of Object.entries(SEARCHES))
    for (const seen of SEEN) {
      const found: Record<'start' | 'measured' | 'believed', number[]> = { start: [], measured: [], believed: [] };
      for (let seed = 1; seed <= seeds; seed++) {
        const places = seededRandom(`held out/${seed}`).shuffle(
          replay.task.examples.validation.map((_, place) => place),
        );
        const [shown, held] = [onExamples(replay, places.slice(0, seen)), onExamples(replay, places.slice(seen))];
        found.start.push(held.means(untuned(replay)).quality);
        for (const winner of ['measured', 'believed'] as const) {
          const how = { strategy: 'variable_search' as const, seed, config: { ...config, winner } };
          found[winner].push(held.means((await searchReplay(shown, how)).winner).quality);
        }
      }
      const gains = found.believed.map((one, k) => one - (found.measured[k] ?? 0));
      const row = {
        ...{ task: replay.task.name, search, seen, start: round(mean(found.start)) },
        ...{ measured: round(mean(found.measured)), believed: round(mean(found.believed)) },
        ...{ gain: round(mean(gains)), interval: interval(gains) },
      };
      rows.push(row);
      console.log(JSON.stringify(row));
    }
keep('held-out', { seeds, rows });
