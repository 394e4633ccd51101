import * as z from 'zod';
import { evaluate } from '#lib/evaluate/evaluate';
import { agreement } from '#lib/metric/agreement';
import type { ScoreFunction } from '#lib/metric/spec';
import { JsonValues } from '../attributes.ts';

/** A pair with what a person says of it. */
export const Judged = z.strictObject({
  inputs: JsonValues.default({}),
  labels: JsonValues.default({}),
  outputs: JsonValues,
  good: z.boolean(),
});

export const Calibration = z.object({
  pairs: z.int(),
  observed: z.number(),
  kappa: z.number().nullable(),
  interval: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** Pairs it could not score, by failure; they are in none of the other figures. */
  failures: z.record(z.string(), z.int()),
});

const NOTHING_RUN = {
  ...{ calls: 0, inputTokens: 0, outputTokens: 0 },
  ...{ costNanoUsd: 0, spentNanoUsd: 0, latencyMs: 0 },
};

/** Scores every pair and compares with the people: Cohen's kappa with its interval. */
export async function calibrate(
  score: ScoreFunction,
  input: { pairs: z.output<typeof Judged>[]; threshold: number; seed: number },
): Promise<z.output<typeof Calibration>> {
  const { pairs, threshold, seed } = input;
  const { results, failures } = await evaluate({
    examples: pairs.map(({ inputs, labels }, index) => ({ id: String(index), inputs, labels })),
    run: async ({ id }) => ({ ...NOTHING_RUN, outputs: pairs[Number(id)]?.outputs ?? {} }),
    score,
  });
  const verdicts = results.flatMap(({ exampleId, score: value }) =>
    value === null ? [] : [[value >= threshold, pairs[Number(exampleId)]?.good === true] as const],
  );
  return { ...agreement(verdicts, seed), failures };
}
