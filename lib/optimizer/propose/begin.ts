import { type Dimension, dimensionsOf } from '#lib/variable/dimensions';
import type { EvaluateExpression } from '#lib/variable/evaluate-expression';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { type Admission, admissionTo } from '../admissible.ts';
import type { Done, Tape } from '../script.ts';
import type { Trial } from '../spec.ts';
import { startingPoint } from '../start.ts';
import { utilityOf } from '../utility.ts';
import { ending } from '../winner.ts';
import { startSpace } from './space.ts';

export interface Beginning {
  space: Space;
  dimensions: Dimension[];
  admission: Admission;
  /** The defaults, or where the rules forbid them the first assignment they allow. */
  base: Assignment;
  /** All of the validation split. */
  validation: string[];
}

/** What every strategy needs before its first trial, or why there will be none. */
export async function begin(tape: Tape, evaluate: EvaluateExpression): Promise<Beginning | Done> {
  const { history } = tape;
  const validation = history.examples.validation.map(({ id }) => id);
  if (validation.length === 0) return { winner: null, reason: 'there are no validation examples' };
  const space = startSpace(history);
  const dimensions = dimensionsOf(space);
  const admission = admissionTo(space, evaluate);
  const start = await startingPoint(dimensions, admission, history.seed);
  if ('reason' in start) return { winner: null, reason: start.reason };
  return { space, dimensions, admission, base: start.assignment, validation };
}

/** The best of what was measured on the most validation examples. */
export function finish(tape: Tape, reason: string): Done {
  const trials = tape.settle();
  return ending(trials, utilityOf(tape.history, trials, baselineOf(trials)), reason);
}

export const baselineOf = (trials: readonly Trial[]): Trial | undefined =>
  trials.find(({ work }) => work.origin === 'baseline');
