import type { JsonObject } from '#lib/base/json';
import { type Configuration, configurationOf } from '../lm-replay/grid.ts';
import type { Replay } from '../lm-replay/replay.ts';
import { searchReplay, untuned } from '../lm-replay/search.ts';

/** What each search may change; the rest stays as nobody tuned it. */
export const SCOPES = {
  joint: ['module', 'adapter', 'instruction', 'demos', 'temperature'],
  demos: ['demos'],
  instructions: ['instruction'],
} as const satisfies Record<string, readonly string[]>;
export type Scope = keyof typeof SCOPES;

/** Where every search begins, DSPy's too: the adapter that asks in fewer words. */
export const START = { adapter: 'xml' };
// Of dozens of programs on sixty examples the best measured one is a lucky one in part: what is believed of each decides.
const SEARCH: JsonObject = { trials: 96, minibatch: {}, winner: 'believed' };

export const startOf = (replay: Replay): Configuration => configurationOf({ ...untuned(replay), ...START });

/**
 * Our search on the recorded answers, which are what the model would say: what it returns when it may make so many runs, or
 * take so many tokens of the model. Demo sets and instructions are the committed ones.
 */
export async function ours(
  replay: Replay,
  scope: Scope,
  seed: number,
  budget: { runs?: number; tokens?: number },
): Promise<{ configuration: Configuration; runs: number; tokens: number }> {
  const start = { ...untuned(replay), ...START };
  const within = async (runs: number) => {
    const config = { ...SEARCH, maxExampleRuns: runs };
    const how = { strategy: 'variable_search' as const, seed, free: SCOPES[scope], start, config };
    const { winner, ...spent } = await searchReplay(replay, how);
    return { configuration: configurationOf(winner), ...spent };
  };
  const most = budget.runs ?? replay.configurations.length * replay.task.examples.validation.length;
  const { tokens = Number.POSITIVE_INFINITY } = budget;
  // A search is told how many runs it may make: the most that take no more than the tokens.
  let [best, low, high] = [await within(0), 0, most + 1];
  while (high - low > 1) {
    const middle = high > most ? most : Math.floor((low + high) / 2);
    const found = await within(middle);
    if (found.tokens > tokens) high = middle;
    else [best, low] = [found, middle];
    if (low === most) break;
  }
  return best;
}
