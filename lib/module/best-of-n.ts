import type { Values } from '#lib/signature/signature';
import type { Change, ModuleKind, Run } from './forward.ts';
import { plainOf } from './plain.ts';

const DRAWS = 3;
const GOOD_ENOUGH = 1;
// Draws should differ. What the module itself says goes before it, as in DSPy.
const temperature: NonNullable<Change['temperature']> = (own) => own ?? 1;

/** dspy.BestOfN: up to `n` draws; the first that is good enough, else the best. */
export const bestOfN: ModuleKind = {
  doc: 'Runs a module up to n times and gives the answer with the highest reward.',
  predictors: (spec) => plainOf(spec).predictors(spec),
  face: (spec) => plainOf(spec).face?.(spec) ?? spec.signature,
  forward: (run) => drawBest(run, () => ({})),
};

/** What a draw is changed by, and what is done after one was found wanting, unless it was the last. */
export interface Lesson {
  hint?: NonNullable<Change['hint']>;
  learn?: (draw: Run, outputs: Values, reward: number) => Promise<void>;
}

/**
 * Draws one after the other, because the first good one ends it. A draw that fails, its reward or its lesson included,
 * is passed over while `failCount` allows; DSPy counts so: draw `i` (from 0) may fail while `i` is at most `failCount`
 * less the failures before. DSPy keeps that count from call to call, which looks like a mistake; here each call starts anew.
 */
export async function drawBest(run: Run, lesson: () => Lesson): Promise<Values> {
  const { n = DRAWS, threshold = GOOD_ENOUGH, failCount } = run.spec.options ?? {};
  const plain = plainOf(run.spec);
  let tolerated = failCount || n;
  let best: { outputs: Values; reward: number } | undefined;
  let failed: unknown;
  for (let i = 0; i < n; i++) {
    const { hint, learn } = lesson();
    const sample = run.sample * n + i;
    const draw = run.draw(i, { sample, temperature, ...(hint === undefined ? {} : { hint }) });
    try {
      const outputs = await plain.forward(draw);
      const reward = await draw.reward(outputs);
      if (best === undefined || reward > best.reward) best = { outputs, reward };
      if (reward >= threshold || i === n - 1) break;
      await learn?.(draw, outputs, reward);
    } catch (error) {
      if (run.signal?.aborted || i > tolerated) throw error;
      tolerated--;
      failed = error;
    }
  }
  if (best === undefined) throw failed;
  return best.outputs;
}
