import * as z from 'zod';
import type { Space } from '#lib/variable/space';
import { configOf } from '../config-of.ts';
import { labeledDraws, withCandidate, withDemos } from '../demos/labeled.ts';
import { askScript } from '../script.ts';
import type { History, Strategy } from '../spec.ts';

const NAME = 'labeled_few_shot';
export const LabeledFewShotConfig = z.strictObject({
  /** Demos per `demos` variable. */
  k: z.int().min(0).max(1000).default(16),
  /** False takes the first k examples instead of a seeded draw. */
  sample: z.boolean().default(true),
});

/** DSPy's LabeledFewShot: k train examples as they are labelled become the demos, without running anything. */
export function labeledFewShot(): Strategy {
  return {
    name: NAME,
    space: labeledSpace,
    ask: (history, count) =>
      askScript(history, count, async (tape) => {
        const assignment = withDemos(labeledSpace(history), 'labeled');
        const exampleIds = history.examples.validation.map(({ id }) => id);
        await tape.trial(() => ({ assignment, split: 'validation', exampleIds, origin: 'labeled' }));
        tape.settle();
        return { winner: 't0', reason: 'the demos are labelled examples' };
      }),
  };
}

function labeledSpace(history: History): Space {
  const { k, sample } = configOf(LabeledFewShotConfig, history, NAME);
  const sets = labeledDraws(history, k, sample).map(({ variable, drawn }) => ({
    variable,
    demos: drawn.map(({ demo }) => demo),
  }));
  return withCandidate(history.space, 'labeled', sets);
}
