import * as z from 'zod';

/** DSPy's names and defaults; the seed is the optimization's. */
export const BootstrapFewShotConfig = z.strictObject({
  metric_threshold: z.number().optional(),
  max_bootstrapped_demos: z.int().min(0).max(1000).default(4),
  max_labeled_demos: z.int().min(0).max(1000).default(16),
  max_rounds: z.int().min(1).max(100).default(1),
  max_errors: z.int().min(1).max(100_000).default(10),
});
export type BootstrapFewShotConfig = z.infer<typeof BootstrapFewShotConfig>;
