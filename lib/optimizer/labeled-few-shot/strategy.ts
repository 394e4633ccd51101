import * as z from 'zod';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Space } from '#lib/variable/space';
import { admissionTo } from '../admissible.ts';
import { configOf } from '../config-of.ts';
import { labeledDraws, withCandidate, withDemos } from '../demos/labeled.ts';
import { askScript } from '../script.ts';
import type { History, Strategy } from '../spec.ts';
import { utilityOf } from '../utility.ts';
import { ending } from '../winner.ts';

const NAME = 'labeled_few_shot';
export const LabeledFewShotConfig = z.strictObject({
  /** Demos per `demos` variable. */
  k: z.int().min(0).max(1000).default(16),
  /** False takes the first k examples instead of a seeded draw. */
  sample: z.boolean().default(true),
});

/** DSPy's LabeledFewShot: k train examples as they are labelled become the demos, without running anything. */
export function labeledFewShot(evaluate: EvaluateExpression): Strategy {
  return {
    name: NAME,
    space: labeledSpace,
    ask: (history, count) =>
      askScript(history, count, async (tape) => {
        const space = labeledSpace(history);
        const assignment = withDemos(space, 'labeled');
        const exampleIds = history.examples.validation.map(({ id }) => id);
        const trouble = await admissionTo(space, evaluate)(assignment);
        if (trouble !== null)
          return { winner: null, reason: `the rules forbid the program with these demos: ${trouble}` };
        await tape.trial(() => ({ assignment, split: 'validation', exampleIds, origin: 'labeled' }));
        const trials = tape.settle();
        const reason = 'the demos are labelled examples';
        if (exampleIds.length === 0) return { winner: 't0', reason };
        return ending(trials, utilityOf(history, trials, undefined), reason);
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
