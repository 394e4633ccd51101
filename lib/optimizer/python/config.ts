import * as z from 'zod';
import { isJsonObject } from '#lib/base/json';
import { Teacher } from '../propose/teacher.ts';

const count = z.int().min(0).max(100_000);
const positive = z.int().min(1).max(100_000);
const share = z.number().min(0).max(1);
const temperature = z.number().min(0).max(2);
const bootstrapping = {
  metric_threshold: share.optional(),
  max_bootstrapped_demos: count.optional(),
  max_labeled_demos: count.optional(),
  max_rounds: positive.optional(),
  max_errors: positive.optional(),
};
const threads = { num_threads: z.int().min(1).max(64).optional() };
const auto = z.enum(['light', 'medium', 'heavy']);

/** What DSPy's constructors take that is data; models, metric and examples are given by the run. */
const SETTINGS = {
  BootstrapFewShot: z.strictObject(bootstrapping),
  BootstrapFewShotWithRandomSearch: z.strictObject({
    ...bootstrapping,
    ...threads,
    num_candidate_programs: count.optional(),
    stop_at_score: z.number().optional(),
  }),
  COPRO: z.strictObject({
    breadth: z.int().min(2).max(100).optional(),
    depth: z.int().min(1).max(100).optional(),
    init_temperature: temperature.optional(),
  }),
  MIPROv2: z.strictObject({
    ...threads,
    auto: auto.nullable().optional(),
    num_candidates: positive.optional(),
    max_bootstrapped_demos: count.optional(),
    max_labeled_demos: count.optional(),
    max_errors: positive.optional(),
    init_temperature: temperature.optional(),
    metric_threshold: share.optional(),
  }),
  SIMBA: z.strictObject({
    ...threads,
    bsize: positive.optional(),
    num_candidates: positive.optional(),
    max_steps: positive.optional(),
    max_demos: count.optional(),
    temperature_for_sampling: z.number().positive().max(10).optional(),
    temperature_for_candidates: z.number().positive().max(10).optional(),
  }),
  GEPA: z.strictObject({
    ...threads,
    auto: auto.optional(),
    max_full_evals: positive.optional(),
    max_metric_calls: positive.optional(),
    reflection_minibatch_size: positive.optional(),
    candidate_selection_strategy: z.enum(['pareto', 'current_best']).optional(),
    skip_perfect_score: z.boolean().optional(),
    add_format_failure_as_feedback: z.boolean().optional(),
    component_selector: z.enum(['round_robin', 'all']).optional(),
    use_merge: z.boolean().optional(),
    max_merge_invocations: count.optional(),
  }),
  InferRules: z.strictObject({
    ...bootstrapping,
    ...threads,
    num_candidates: positive.optional(),
    num_rules: positive.optional(),
  }),
} as const;
type Chained = keyof typeof SETTINGS;

/** How DSPy's `compile` is asked, where that has settings of its own. */
const ASKED: { [name: string]: z.ZodType } = {
  MIPROv2: z.strictObject({
    num_trials: positive.optional(),
    minibatch: z.boolean().optional(),
    minibatch_size: positive.optional(),
    minibatch_full_eval_steps: positive.optional(),
    program_aware_proposer: z.boolean().optional(),
    data_aware_proposer: z.boolean().optional(),
    view_data_batch_size: positive.optional(),
    tip_aware_proposer: z.boolean().optional(),
    fewshot_aware_proposer: z.boolean().optional(),
  }),
  BetterTogether: z.strictObject({
    strategy: z.string().max(200).optional(),
    valset_ratio: share.optional(),
    shuffle_trainset_between_steps: z.boolean().optional(),
  }),
};

const names = Object.keys(SETTINGS) as [Chained, ...Chained[]];
const common = {
  /** Settings of DSPy's `compile`. */
  compile: z.record(z.string(), z.json()).default({}),
  teacher: Teacher.optional(),
  /** A run that takes longer is cut off and begun again: what it has asked of models is in the cache. */
  turn_seconds: z.int().min(1).max(840).default(240),
};

const settings = z.record(z.string(), z.json()).default({});
const single = z.strictObject({ optimizer: z.enum(names), settings, ...common }).superRefine(fit);
const chained = z
  .strictObject({
    optimizer: z.literal('BetterTogether'),
    settings: z.strictObject({
      optimizers: z
        .record(z.string().regex(/^[a-z]\w{0,19}$/), z.strictObject({ optimizer: z.enum(names), config: settings }))
        .refine((chain) => Object.keys(chain).length > 0, { error: 'wanted at least one optimizer by a letter' }),
    }),
    ...common,
  })
  .superRefine((config, context) => {
    for (const [letter, { optimizer, config: own }] of Object.entries(config.settings.optimizers))
      report(SETTINGS[optimizer], own, ['settings', 'optimizers', letter, 'config'], context);
    report(ASKED.BetterTogether, config.compile, ['compile'], context);
  });

const chosen = z.discriminatedUnion('optimizer', [single, chained], {
  error: `wanted one of DSPy's optimizers: ${[...names, 'BetterTogether'].join(', ')}`,
});
/** The one that needs nothing but examples, and nothing to be installed. */
const USUAL = { optimizer: 'BootstrapFewShotWithRandomSearch' };

/** One of DSPy's own optimizers, run in Python: `{optimizer: 'MIPROv2', settings: {auto: 'light'}}`. */
export const PythonConfig = z.preprocess((given) => (isJsonObject(given) ? { ...USUAL, ...given } : given), chosen);
export type PythonConfig = z.infer<typeof PythonConfig>;

function fit(config: { optimizer: Chained; settings: object; compile: object }, context: z.RefinementCtx): void {
  report(SETTINGS[config.optimizer], config.settings, ['settings'], context);
  report(ASKED[config.optimizer] ?? z.strictObject({}), config.compile, ['compile'], context);
  const budgets = ['auto', 'max_full_evals', 'max_metric_calls'].filter((name) => name in config.settings);
  if (config.optimizer === 'GEPA' && budgets.length !== 1)
    context.addIssue({
      code: 'custom',
      path: ['settings'],
      message: `GEPA wants exactly one of auto, max_full_evals, max_metric_calls; there was ${budgets.join(', ') || 'none'}`,
    });
}

function report(schema: z.ZodType | undefined, value: object, path: string[], context: z.RefinementCtx): void {
  for (const issue of schema?.safeParse(value).error?.issues ?? [])
    context.addIssue({ code: 'custom', path: [...path, ...issue.path], message: issue.message });
}
