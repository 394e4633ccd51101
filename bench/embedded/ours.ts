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
const SEARCH: JsonObject = { trials: 96, minibatch: {} };

export const startOf = (replay: Replay): Configuration => configurationOf({ ...untuned(replay), ...START });

/**
 * Our search on the recorded answers, which are what the model would say: what it would return after so many runs, or
 * tokens of the model. Demo sets and instructions are the committed ones.
 */
export async function ours(
  replay: Replay,
  scope: Scope,
  seed: number,
  budget: { runs?: number; tokens?: number },
): Promise<{ configuration: Configuration; runs: number; tokens: number }> {
  const { runs = Number.POSITIVE_INFINITY, tokens = Number.POSITIVE_INFINITY } = budget;
  const searched = await searchReplay(replay, {
    ...{ strategy: 'variable_search', seed, free: SCOPES[scope], start: { ...untuned(replay), ...START } },
    config: Number.isFinite(runs) ? { ...SEARCH, maxExampleRuns: runs } : SEARCH,
  });
  const step = searched.steps.findLast((one) => one.runs <= runs && one.tokens <= tokens);
  return {
    configuration: step === undefined ? startOf(replay) : configurationOf(step.incumbent),
    runs: Math.min(runs, searched.runs),
    tokens: Math.min(tokens, searched.tokens),
  };
}
