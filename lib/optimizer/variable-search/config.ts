import * as z from 'zod';

export const VariableSearchConfig = z
  .strictObject({
    /** Configurations tried, the baseline among them; trials that only continue one do not count. */
    trials: z.int().min(0).max(100_000).default(30),
    /** Runs of the program on an example, bootstrapping included; the search stops before the trial that would exceed it. */
    maxExampleRuns: z.int().min(0).optional(),
    /**
     * At most so many validation examples are searched on, balanced by class. Default all; with minibatches within a budget of
     * example runs a sixth of it, at least 15, because many programs on few examples tell more than few on many.
     */
    validationExamples: z.int().min(1).optional(),
    /** Space-filling configurations before the model is asked; by default a fourth of the trials, 4 to 8. */
    startup: z.int().min(0).optional(),
    /**
     * Who wins among those that saw all that is searched on: the best on it, or the one the model believes to be best on
     * examples that nobody has seen. Of many that were tried the best on a few dozen examples is a lucky one in part.
     */
    winner: z.enum(['measured', 'believed']).default('measured'),
    /** First make demo-set candidates by running the baseline program on train examples. */
    bootstrap: z
      .strictObject({
        sets: z.int().min(1).max(100).default(6),
        maxDemos: z.int().min(1).max(100).default(4),
        /** Train examples run, class-balanced; default all, at most 4 for each demo of a set. */
        examples: z.int().min(1).optional(),
        threshold: z.number().optional(),
        labeled: z.boolean().default(true),
      })
      .optional(),
    /** Successive halving over the validation split; without it every trial sees all of it. */
    racing: z
      .strictObject({
        /** Examples in the first rung; default an eighth of the split, at least 8. */
        firstRung: z.int().min(1).optional(),
        /** Each rung has this many times the examples of the one before, and keeps one in this many. */
        eta: z.number().min(1.5).max(10).default(2),
        /** Configurations that enter a race together. */
        width: z.int().min(2).max(100).default(8),
      })
      .optional(),
    /** Instead of races: who has begun goes on when the model expects more of it than of anything new. */
    minibatch: z
      .strictObject({
        /** Examples that a configuration begins with; default a fourth of those searched on, at most 15. */
        first: z.int().min(1).optional(),
        /** Whoever goes on has this many times the examples. */
        growth: z.number().min(1.1).max(100).default(2),
      })
      .optional(),
  })
  .refine(({ racing, minibatch }) => racing === undefined || minibatch === undefined, {
    message: 'a search has races or minibatches, not both: leave out racing or minibatch',
    path: ['minibatch'],
  });
export type VariableSearchConfig = z.infer<typeof VariableSearchConfig>;
