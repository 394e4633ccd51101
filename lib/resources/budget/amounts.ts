import * as z from 'zod';

/** What is capped; at least one of them. Calls are provider calls: an answer from the cache is none. */
const parts = {
  nanoUsd: z.int().min(0).optional().meta({ description: 'Money in nano-USD; refuses calls whose price is unknown.' }),
  tokens: z.int().min(0).optional().meta({ description: 'Prompt and answer together.' }),
  calls: z.int().min(0).optional().meta({ description: 'Provider calls, retries included; cache hits are none.' }),
} as const;

const some = (amounts: object): boolean => Object.values(amounts).some((amount) => amount !== undefined);

export const Cap = z
  .strictObject(parts)
  .refine(some, { message: 'wanted at least one of nanoUsd, tokens, calls: a budget of nothing caps nothing' });

/** Of an optimization: time, too. */
export const RunBudget = z
  .strictObject({
    ...parts,
    seconds: z
      .number()
      .min(0)
      .max(366 * 86_400)
      .optional()
      .meta({ description: 'Of searching; pauses and the final measurement do not count.' }),
  })
  .refine(some, {
    message: 'wanted at least one of nanoUsd, tokens, calls, seconds: a budget of nothing caps nothing',
  });
export type RunBudget = z.output<typeof RunBudget>;

const Held = z.object({ nanoUsd: z.int().optional(), tokens: z.int().optional(), calls: z.int().optional() });

/** `spent + reserved + left = cap` in every dimension that is capped, at every moment. */
export const Balance = z.object({
  cap: Held,
  spent: Held,
  reserved: Held.meta({ description: 'In the hands of work under way, or set aside for the final measurement.' }),
  left: Held,
});
