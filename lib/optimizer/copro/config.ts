import * as z from 'zod';
import { Teacher } from '../propose/teacher.ts';

/** DSPy's names and defaults; `prompt_model` is the teacher. The seed is the optimization's. */
export const CoproConfig = z.strictObject({
  /** Instructions in a batch, for each text; in the first one the present instruction is among them. */
  breadth: z.int().min(2).max(100).default(10),
  /** Batches: each after the first is written in view of the best attempts so far. */
  depth: z.int().min(1).max(100).default(3),
  init_temperature: z.number().min(0).max(2).default(1.4),
  teacher: Teacher.optional(),
  /** Every other variable of the program is a coordinate, too. `false` is DSPy's COPRO. */
  variables: z.boolean().default(true),
  /** Values of each of them that are tried in a round. */
  values: z.int().min(1).max(100).default(3),
});
export type CoproConfig = z.infer<typeof CoproConfig>;

/** Assignments measured at most, the baseline among them, and prompts to the teacher. */
export function coproSizes(
  { breadth, depth, variables, values }: CoproConfig,
  texts: number,
  settings: number,
): { trials: number; generations: number } {
  // With several texts each round measures all of a text's candidates again, under what the others have become.
  const rounds = texts > 1 ? (depth * (depth + 1)) / 2 : depth;
  const tuned = variables ? settings * values * depth : 0;
  return { trials: 1 + texts * breadth * rounds + tuned, generations: texts * (breadth * depth - 1) };
}
