import type { JsonObject } from '#lib/base/json';
import { type Configuration, configurationOf } from '../lm-replay/grid.ts';
import type { Replay } from '../lm-replay/replay.ts';
import { searchWithin, untuned } from '../lm-replay/search.ts';

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
  const how = { strategy: 'variable_search' as const, config: SEARCH, seed, free: SCOPES[scope], start };
  const { winner, runs, tokens } = await searchWithin(replay, how, budget);
  return { configuration: configurationOf(winner), runs, tokens };
}
