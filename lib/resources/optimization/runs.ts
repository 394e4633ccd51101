import type { JsonObject } from '#lib/base/json';
import { type CoproConfig, coproSizes } from '#lib/optimizer/copro/config';
import { budgetOf, type GepaConfig } from '#lib/optimizer/gepa/config';
import { type MiproV2Config, sizesOf } from '#lib/optimizer/mipro-v2/config';
import type { Variable } from '#lib/variable/variable';

/** Runs of the program on an example that a search makes, the final measurement apart; prompts to the teacher beside them. */
export interface Runs {
  low: number;
  likely: number;
  high: number;
  generations: number;
}

interface Sizes {
  train: number;
  validation: number;
  variables: readonly Pick<Variable, 'type'>[];
}

type Count = (config: JsonObject, sizes: Sizes) => Omit<Runs, 'generations'> & { generations?: number };

const number = (value: unknown, fallback: number): number => (typeof value === 'number' ? value : fallback);
const span = (most: number, share = 0.5) => ({ low: Math.ceil(most * share), likely: most, high: most });

/** Bounds from the configuration: early stops, and trials that carry over what others found, make the low end. */
const COUNTS: Record<string, Count> = {
  variable_search: (config, { train, validation }) => {
    const { bootstrap, racing, minibatch, maxExampleRuns } = config as Record<string, JsonObject | undefined>;
    const demos =
      bootstrap === undefined ? 0 : Math.min(train, number(bootstrap.examples, 4 * number(bootstrap.maxDemos, 4)));
    const searched = Math.min(validation, number(config.validationExamples, validation));
    const trials = number(config.trials, 30) * searched;
    const all = Math.min(demos + trials, number(maxExampleRuns, Number.POSITIVE_INFINITY));
    // Half of each rung goes on, so a race of eight sees about half of what eight whole trials would; minibatches likewise.
    return racing === undefined && minibatch === undefined
      ? span(all, 0.8)
      : { low: Math.ceil(all / 8), likely: Math.ceil(all / 2), high: all };
  },
  random: (config, { validation }) => span(number(config.trials, 30) * validation, 0.8),
  grid: (config, { validation, variables }) => {
    const points = variables.reduce((product, { type }) => product * pointsOf(type, number(config.levels, 5)), 1);
    return span(Math.min(points, number(config.trials, points)) * validation, 0.8);
  },
  labeled_few_shot: (_, { validation }) => span(2 * validation, 1),
  bootstrap_few_shot: (config, { train, validation }) => ({
    ...{ low: 2 * validation + 1, likely: 2 * validation + Math.min(train, 16) },
    high: 2 * validation + train * number(config.max_rounds, 1),
  }),
  bootstrap_random_search: (config, { train, validation }) => {
    const sets = number(config.num_candidate_programs, 16) + 3;
    return { low: validation, likely: sets * validation + Math.min(train, 64), high: sets * (validation + train) };
  },
  mipro_v2: (config, { train, validation, variables }) => {
    const read = config as unknown as MiproV2Config;
    const sizes = sizesOf(read, validation);
    const trials = sizes.trials(read.variables ? variables.length : 2);
    const full = sizes.minibatch === null ? 0 : Math.ceil(trials / read.minibatch_full_eval_steps) + 1;
    const search = trials * (sizes.minibatch ?? sizes.validation) + (full + 1) * sizes.validation;
    const demos = sizes.demoSets * Math.min(train, 16);
    return { ...span(search + demos, 0.6), high: search + sizes.demoSets * train, generations: 2 + sizes.instructions };
  },
  copro: (config, { validation, variables }) => {
    const texts = variables.filter(({ type }) => type.kind === 'text').length;
    const prompts = variables.filter(({ type }) => type.kind === 'text' || type.kind === 'demos').length;
    const sizes = coproSizes(config as unknown as CoproConfig, texts, variables.length - prompts);
    return { ...span(sizes.trials * validation, 0.4), generations: sizes.generations };
  },
  simba: (config, { train, validation }) => {
    const batch = Math.min(train, number(config.bsize, 32));
    const [candidates, steps] = [number(config.num_candidates, 6), number(config.max_steps, 8)];
    const search = steps * batch * candidates * 2;
    const most = search + (steps + candidates + 2) * validation;
    return { ...span(most, 0.4), generations: steps * candidates };
  },
  gepa: (config, { train, validation, variables }) => {
    const texts = variables.filter(({ type }) => type.kind === 'text').length;
    const most = budgetOf(config as unknown as GepaConfig, texts, { train, validation });
    return { ...span(most, 0.8), generations: Math.ceil(most / Math.max(6, validation / 4)) };
  },
};

/** For what has no row of its own (an optimizer of DSPy's in Python): a few to many passes over the data. */
const UNKNOWN: Count = (_, { train, validation }) => ({
  ...{ low: validation, likely: 20 * (train + validation), high: 100 * (train + validation) },
});

export function exampleRuns({ strategy, config }: { strategy: string; config: JsonObject }, sizes: Sizes): Runs {
  return { generations: 0, ...(COUNTS[strategy] ?? UNKNOWN)(config, sizes) };
}

function pointsOf(type: Variable['type'], points: number): number {
  if (type.kind === 'boolean') return 2;
  if (type.kind === 'choice') return type.choices.length;
  if (type.kind === 'float' || type.kind === 'integer') return points;
  return 1;
}
