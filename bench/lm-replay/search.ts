import type { JsonObject } from '#lib/base/json';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import { newHistory, runStrategy } from '#lib/optimizer/drive';
import type { History, Objective } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { utilityOf } from '#lib/optimizer/utility';
import { winnerOf } from '#lib/optimizer/winner';
import type { Assignment } from '#lib/variable/variable';
import { gridVariables } from './grid.ts';
import type { Replay } from './replay.ts';

export interface ReplaySearch {
  strategy: 'variable_search' | 'mipro_v2' | 'random';
  config: JsonObject;
  seed: number;
  /** Dimensions that are searched; the others keep what they have at the start. */
  free?: readonly string[];
  /** Where the search begins; by default the first choice of every dimension. */
  start?: Assignment;
  objectives?: Objective[];
}
/** After so many runs of the program on an example, and so many tokens, the search would return this. */
export interface Step {
  runs: number;
  tokens: number;
  incumbent: Assignment;
}

/** The first choice of every dimension: the program as it is before anybody tunes it. */
export const untuned = (replay: Replay): Assignment =>
  Object.fromEntries(gridVariables(replay.task).map(({ name, choices }) => [name, choices[0] ?? '']));

/** Every change of mind of one search over a replay, what it chose at its end, and how many example runs it took in all. */
export async function searchReplay(
  replay: Replay,
  how: ReplaySearch,
): Promise<{ steps: Step[]; winner: Assignment; runs: number; tokens: number }> {
  const { strategy, config, seed, free, start: fixed = untuned(replay) } = how;
  const variables = replay.variables
    .filter(({ name }) => free?.includes(name) ?? true)
    // What stands first is where a search begins.
    .map((one) => ({ ...one, choices: [...new Set([String(fixed[one.name]), ...one.choices])] }));
  const { space } = readSpaceFile({ variables, objectives: [{ name: 'loss', goal: 'minimize' }] });
  const places = new Map(replay.task.examples.validation.map(({ id }, index) => [id, index]));
  const sketch = ({ id, text, label }: (typeof replay.task.examples.train)[number]) => ({
    id,
    inputs: { [replay.task.input]: text },
    labels: { [replay.task.output]: label },
  });
  const history = newHistory({
    ...{ space, seed, config, parallelism: 1, program: { nodes: [] } },
    examples: {
      train: replay.task.examples.train.map(sketch),
      validation: replay.task.examples.validation.map(sketch),
    },
    objectives: how.objectives ?? [{ name: 'quality', goal: 'maximize' }],
  });
  const steps: Step[] = [];
  let runs = 0;
  let tokens = 0;
  const note = (now: History): void => {
    const utility = utilityOf(
      now,
      now.trials,
      now.trials.find(({ work }) => work.origin === 'baseline'),
    );
    const best = winnerOf(now.trials, utility)?.work.assignment;
    if (best === undefined) return;
    const incumbent = { ...fixed, ...best };
    if (JSON.stringify(incumbent) !== JSON.stringify(steps.at(-1)?.incumbent)) steps.push({ runs, tokens, incumbent });
  };
  const { winner, history: end } = await runStrategy(
    createStrategy(strategy, () => undefined),
    history,
    async ({ assignment }, exampleIds) => {
      runs += exampleIds.length;
      const whole = { ...fixed, ...assignment };
      const outcomes = exampleIds.map((exampleId) => ({
        exampleId,
        ...replay.run(whole, places.get(exampleId) ?? -1),
      }));
      tokens += outcomes.reduce((sum, outcome) => sum + outcome.tokens, 0);
      return outcomes;
    },
    note,
  );
  const won = end.trials.find(({ id }) => id === winner)?.work.assignment;
  return { steps, winner: { ...fixed, ...won }, runs, tokens };
}

/**
 * A search within so many runs, or tokens of the model. It is told runs: the most that take no more than the tokens, found by
 * halving; `configOf` may size it by them.
 */
export async function searchWithin(
  replay: Replay,
  how: ReplaySearch,
  budget: { runs?: number; tokens?: number },
  configOf: (runs: number) => JsonObject = () => ({}),
) {
  const { tokens = Number.POSITIVE_INFINITY } = budget;
  const within = (runs: number) =>
    searchReplay(replay, { ...how, config: { ...how.config, ...configOf(runs), maxExampleRuns: runs } });
  const most = budget.runs ?? replay.configurations.length * replay.task.examples.validation.length;
  const whole = await within(most);
  if (whole.tokens <= tokens) return whole;
  let [best, low, high] = [await within(0), 0, most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const found = await within(middle);
    if (found.tokens > tokens) high = middle;
    else [best, low] = [found, middle];
  }
  return best;
}
