import type { JsonObject } from '#lib/base/json';
import { ADAPTERS, type Configuration, configurationOf } from '../lm-replay/grid.ts';
import type { Replay } from '../lm-replay/replay.ts';
import { searchWithin, untuned } from '../lm-replay/search.ts';

/** What each search may change; the rest stays as nobody tuned it. */
export const SCOPES = {
  joint: ['module', 'adapter', 'instruction', 'demos', 'temperature'],
  demos: ['demos'],
  instructions: ['instruction'],
} as const satisfies Record<string, readonly string[]>;
export type Scope = keyof typeof SCOPES;

/** The adapter every search begins with, DSPy's too: the default one, or one that asks in fewer words and that somebody chose already. */
export type From = (typeof ADAPTERS)[number];
export function fromAdapter(name: string): From {
  const from = ADAPTERS.find((one) => one === name);
  if (from === undefined) throw new Error(`a search begins with one of ${ADAPTERS.join(', ')}, not with ${name}`);
  return from;
}
// Of dozens of programs on sixty examples the best measured one is a lucky one in part: what is believed of each decides.
const SEARCH: JsonObject = { trials: 96, minibatch: {}, winner: 'believed' };

export const startOf = (replay: Replay, from: From): Configuration =>
  configurationOf({ ...untuned(replay), adapter: from });

/**
 * Our search on the recorded answers, which are what the model would say: what it returns when it may make so many runs, or
 * take so many tokens of the model. Demo sets and instructions are the committed ones.
 */
export async function ours(
  replay: Replay,
  from: From,
  scope: Scope,
  seed: number,
  budget: { runs?: number; tokens?: number },
): Promise<{ configuration: Configuration; runs: number; tokens: number }> {
  const start = { ...untuned(replay), adapter: from };
  const how = { strategy: 'variable_search' as const, config: SEARCH, seed, free: SCOPES[scope], start };
  const { winner, runs, tokens } = await searchWithin(replay, how, budget);
  return { configuration: configurationOf(winner), runs, tokens };
}
