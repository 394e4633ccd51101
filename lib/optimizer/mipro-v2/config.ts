import * as z from 'zod';
import { Teacher } from '../propose/teacher.ts';

/** DSPy's names and defaults; `prompt_model` is the teacher. The seed is the optimization's. */
export const MiproV2Config = z
  .strictObject({
    /** How much is tried: candidates, trials and validation examples. `light` unless the numbers are given. */
    auto: z.enum(['light', 'medium', 'heavy']).nullable().optional(),
    num_candidates: z.int().min(1).max(200).optional(),
    num_trials: z.int().min(1).max(10_000).optional(),
    max_bootstrapped_demos: z.int().min(0).max(1000).default(4),
    max_labeled_demos: z.int().min(0).max(1000).default(4),
    metric_threshold: z.number().optional(),
    max_errors: z.int().min(1).max(100_000).default(10),
    minibatch: z.boolean().default(true),
    minibatch_size: z.int().min(1).max(10_000).default(35),
    minibatch_full_eval_steps: z.int().min(1).max(1000).default(5),
    init_temperature: z.number().min(0).max(2).default(1),
    program_aware_proposer: z.boolean().default(true),
    data_aware_proposer: z.boolean().default(true),
    tip_aware_proposer: z.boolean().default(true),
    fewshot_aware_proposer: z.boolean().default(true),
    view_data_batch_size: z.int().min(1).max(1000).default(10),
    teacher: Teacher.optional(),
    /** Let the teacher run the examples demos are made of, too; otherwise the program's own model does. */
    teacher_bootstraps: z.boolean().default(false),
    /** Search every variable of the program with instructions and demos; `false` is DSPy's search of those two. */
    variables: z.boolean().default(true),
  })
  .superRefine((config, context) => {
    const given = config.num_candidates !== undefined || config.num_trials !== undefined;
    if (config.auto != null && given)
      context.addIssue({
        code: 'custom',
        path: ['auto'],
        message: 'auto decides num_candidates and num_trials: give either auto or these numbers',
      });
    if (config.auto === null && config.num_candidates === undefined)
      context.addIssue({ code: 'custom', path: ['num_candidates'], message: 'wanted when auto is null' });
  });
export type MiproV2Config = z.infer<typeof MiproV2Config>;

const AUTO = {
  light: { candidates: 6, validation: 100 },
  medium: { candidates: 12, validation: 300 },
  heavy: { candidates: 18, validation: 1000 },
};
// With fewer validation examples than this, minibatches save too little to be worth their noise.
const MIN_FOR_MINIBATCHES = 50;

export interface Sizes {
  demoSets: number;
  instructions: number;
  /** Trials of the search, full evaluations of minibatch winners apart. */
  trials(variables: number): number;
  validation: number;
  /** Examples of a minibatch; null when every trial sees all. */
  minibatch: number | null;
}

export function sizesOf(config: MiproV2Config, validationExamples: number): Sizes {
  const byHand = config.num_candidates !== undefined || config.num_trials !== undefined || config.auto === null;
  const auto = byHand ? null : AUTO[config.auto ?? 'light'];
  const candidates = auto?.candidates ?? config.num_candidates ?? AUTO.light.candidates;
  const zeroShot = config.max_bootstrapped_demos === 0 && config.max_labeled_demos === 0;
  const validation = Math.min(validationExamples, auto?.validation ?? validationExamples);
  const batched = auto === null ? config.minibatch : config.minibatch && validation > MIN_FOR_MINIBATCHES;
  return {
    demoSets: candidates,
    // Half as many instructions as demo sets, as in DSPy: demos have been found the better investment.
    instructions: auto === null || zeroShot ? candidates : Math.floor(candidates / 2),
    trials: (variables) =>
      config.num_trials ?? Math.floor(Math.max(2 * variables * Math.log2(candidates), 1.5 * candidates)),
    validation,
    minibatch: batched && config.minibatch_size < validation ? config.minibatch_size : null,
  };
}
