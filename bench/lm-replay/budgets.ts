// node bench/lm-replay/budgets.ts [--seeds 12] [--write]
// What a search comes to within few tokens when it looks at all validation examples, and when it looks at a share of the runs it
// may make: the winner's score on all 60 recorded examples, whatever it has seen of them.
import type { JsonObject } from '#lib/base/json';
import { asked } from './asked.ts';
import { mean, round } from './figures.ts';
import { openReplays } from './replay.ts';
import { searchWithin, untuned } from './search.ts';

const { seeds, keep } = asked(12);
const TOKENS = [32_000, 64_000, 128_000];
/** No program takes fewer tokens for a run; it spares the halving the budgets that are far too large. */
const LEAST = 150;
const share =
  (of: number) =>
  (runs: number): JsonObject => ({ validationExamples: Math.max(15, Math.ceil(runs / of)) });
const RULES: Record<string, (runs: number) => JsonObject> = {
  'all 60': () => ({ validationExamples: 60 }),
  'a fifth': share(5),
  'a sixth, the default': () => ({}),
  'an eighth': share(8),
};

const rows: object[] = [];
for (const [examples, configOf] of Object.entries(RULES))
  for (const tokens of TOKENS) {
    const scores: Record<string, number> = {};
    for (const replay of openReplays()) {
      const found: number[] = [];
      for (let seed = 1; seed <= seeds; seed++) {
        const how = {
          ...{ strategy: 'variable_search' as const, seed, start: { ...untuned(replay), adapter: 'xml' } },
          config: { trials: 96, minibatch: {}, winner: 'believed' },
        };
        const { winner } = await searchWithin(replay, how, { tokens, runs: Math.floor(tokens / LEAST) }, configOf);
        found.push(replay.means(winner).quality);
      }
      scores[replay.task.name] = round(mean(found));
    }
    const row = { examples, tokens, ...scores, mean: round(mean(Object.values(scores))) };
    rows.push(row);
    console.log(JSON.stringify(row));
  }
keep('budgets', { seeds, rows });
