import * as z from 'zod';
import { Teacher } from '../propose/teacher.ts';

/** DSPy's names and defaults; the seed is the optimization's. */
export const BootstrapRandomSearchConfig = z.strictObject({
  metric_threshold: z.number().optional(),
  max_bootstrapped_demos: z.int().min(0).max(1000).default(4),
  max_labeled_demos: z.int().min(0).max(1000).default(16),
  max_rounds: z.int().min(1).max(100).default(1),
  /** Sets from shuffled data, beside none, labelled ones and those in the order of the data. */
  num_candidate_programs: z.int().min(0).max(1000).default(16),
  /** Quality in points at which the search ends. */
  stop_at_score: z.number().optional(),
  max_errors: z.int().min(1).max(100_000).default(10),
  teacher: Teacher.optional(),
  /** Also draw every other variable of the program at random, once for each set but the first three. */
  variables: z.boolean().default(false),
});
export type BootstrapRandomSearchConfig = z.infer<typeof BootstrapRandomSearchConfig>;
