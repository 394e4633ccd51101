import * as z from 'zod';
import { Teacher } from '../propose/teacher.ts';

/** DSPy's names and defaults; `reflection_lm` is the teacher. The seed is the optimization's. */
export const GepaConfig = z
  .strictObject({
    /** How many runs of the program on an example there may be: give one of these three. `light` without any. */
    auto: z.enum(['light', 'medium', 'heavy']).nullable().optional(),
    max_full_evals: z.int().min(1).max(10_000).optional(),
    max_metric_calls: z.int().min(1).max(10_000_000).optional(),
    reflection_minibatch_size: z.int().min(1).max(1000).default(3),
    reflection_temperature: z.number().min(0).max(2).default(1),
    candidate_selection_strategy: z.enum(['pareto', 'current_best']).default('pareto'),
    /** One text after the other, or all of a candidate's texts at once. */
    component_selector: z.enum(['round_robin', 'all']).default('round_robin'),
    skip_perfect_score: z.boolean().default(true),
    perfect_score: z.number().default(1),
    use_merge: z.boolean().default(true),
    max_merge_invocations: z.int().min(0).max(1000).default(5),
    teacher: Teacher.optional(),
    /** Every other variable of the program takes its turn, too: one of them drawn anew. `false` is DSPy's GEPA. */
    variables: z.boolean().default(true),
  })
  .superRefine(({ auto, max_full_evals, max_metric_calls }, context) => {
    const given = [auto ?? undefined, max_full_evals, max_metric_calls].filter((one) => one !== undefined);
    if (given.length > 1)
      context.addIssue({
        code: 'custom',
        path: ['auto'],
        message: 'wanted one of auto, max_full_evals and max_metric_calls',
      });
  });
export type GepaConfig = z.infer<typeof GepaConfig>;

const CANDIDATES = { light: 6, medium: 12, heavy: 18 };

/** Runs of the program on an example; `auto` is DSPy's estimate of what MIPROv2 of that size would take. */
export function budgetOf(config: GepaConfig, texts: number, examples: { train: number; validation: number }): number {
  if (config.max_metric_calls !== undefined) return config.max_metric_calls;
  if (config.max_full_evals !== undefined) return config.max_full_evals * (examples.train + examples.validation);
  const n = CANDIDATES[config.auto ?? 'light'];
  const trials = Math.floor(Math.max(4 * Math.max(1, texts) * Math.log2(n), 1.5 * n));
  const full = Math.floor((trials + 1) / 5) + 1 + (trials < 5 ? 1 : 0);
  return examples.validation + 5 * n + 35 * trials + full * examples.validation;
}
