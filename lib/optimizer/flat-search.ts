import type * as z from 'zod';
import { type Dimension, dimensionsOf } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Assignment } from '#lib/variable/variable';
import { type Admission, admissionTo } from './admissible.ts';
import { configOf } from './config-of.ts';
import { askScript } from './script.ts';
import type { History, Strategy } from './spec.ts';
import { startingPoint } from './start.ts';
import { triedKeys } from './tried.ts';
import { utilityOf } from './utility.ts';
import { ending } from './winner.ts';

interface Proposal<C> {
  history: History;
  config: C;
  dimensions: Dimension[];
  admission: Admission;
  place: number;
  tried: ReadonlySet<string>;
}

/** A search that learns nothing: the defaults, then what `propose` says, every trial on the whole validation split. */
export function flatSearch<C extends { trials: number }>(
  name: string,
  schema: z.ZodType<C>,
  evaluate: EvaluateExpression,
  propose: (proposal: Proposal<C>) => Promise<Assignment | null>,
): Strategy {
  return {
    name,
    space: (history) => history.space,
    ask: async (history, count) => {
      const config = configOf(schema, history, name);
      const dimensions = dimensionsOf(history.space);
      const admission = admissionTo(history.space, evaluate);
      const exampleIds = history.examples.validation.map(({ id }) => id);
      return askScript(history, count, async (tape) => {
        if (config.trials === 0) return { winner: null, reason: 'the budget allows no trial' };
        if (exampleIds.length === 0) return { winner: null, reason: 'there are no validation examples' };
        const start = await startingPoint(dimensions, admission, history.seed);
        if ('reason' in start) return { winner: null, reason: start.reason };
        await tape.trial(() => ({ assignment: start.assignment, split: 'validation', exampleIds, origin: 'baseline' }));
        let reason = `all ${config.trials} trials are done`;
        while (tape.place() < config.trials) {
          const made = await tape.trial(async (seen, pending) => {
            const tried = triedKeys(seen, pending);
            const assignment = await propose({ history, config, dimensions, admission, place: tape.place(), tried });
            return assignment === null ? null : { assignment, split: 'validation', exampleIds, origin: name };
          });
          if (!made) {
            reason = `no new assignment was found after ${tape.place()} trials`;
            break;
          }
        }
        const trials = tape.settle();
        return ending(trials, utilityOf(history, trials, trials[0]), reason);
      });
    },
  };
}
