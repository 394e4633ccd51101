import * as z from 'zod';
import { Teacher } from '../propose/teacher.ts';

const on = z.boolean().default(true);

/** DSPy's names and defaults; `prompt_model` is the teacher. The seed is the optimization's. */
export const SimbaConfig = z.strictObject({
  /** Train examples of a minibatch; all of them when there are fewer. */
  bsize: z.int().min(1).max(10_000).default(32),
  num_candidates: z.int().min(1).max(100).default(6),
  max_steps: z.int().min(1).max(1000).default(8),
  max_demos: z.int().min(0).max(1000).default(4),
  temperature_for_sampling: z.number().min(0.001).max(100).default(0.2),
  temperature_for_candidates: z.number().min(0.001).max(100).default(0.2),
  teacher: Teacher.optional(),
  /** DSPy's own move: lessons drawn by the teacher from a better and a worse run, added to the instructions. */
  rules: on,
  /** The five moves over the variables of the program; each can be left out. */
  moves: z
    .strictObject({
      /** Balanced minibatches, and runs spread over the whole range of the settings. */
      sample: on,
      /** Begin with the defaults and settings that fill the space. */
      initialize: on,
      /** Change settings by their measured effect. */
      mutate: on,
      /** Demos of runs that succeed whatever the settings. */
      bootstrap: on,
      /** Look closely around the winners. */
      amplify: on,
    })
    .default({ sample: true, initialize: true, mutate: true, bootstrap: true, amplify: true }),
});
export type SimbaConfig = z.infer<typeof SimbaConfig>;
