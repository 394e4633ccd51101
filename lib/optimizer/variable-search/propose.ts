import { seededRandom } from '#lib/base/random';
import type { Dimension } from '#lib/variable/dimensions';
import { sample, sampleFilling } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import type { Admission } from '../admissible.ts';
import type { History, Trial } from '../spec.ts';
import { firstFresh, triedKeys } from '../tried.ts';
import { createSurrogate } from './gp/surrogate.ts';
import { observationsOf } from './observations.ts';

// In a small space nearly everything is tried at the end; this many misses in a row mean that all of it is.
const RANDOM_ATTEMPTS = 300;

/** The configuration number `index` (0 = the first after the baseline): space-filling at first, then by the model. */
export async function propose(
  history: History,
  dimensions: readonly Dimension[],
  admission: Admission,
  index: number,
  startup: number,
  seen: readonly Trial[],
  pending: readonly Trial[],
): Promise<{ assignment: Assignment; origin: string } | null> {
  const tried = triedKeys(seen, pending);
  const random = seededRandom(`${history.seed}/propose/${index}`);
  if (index < startup) {
    const points = sampleFilling(dimensions, startup, seededRandom(`${history.seed}/startup`));
    const point = await firstFresh((attempt) => points[index + attempt] ?? null, 1, tried, admission);
    if (point !== null) return { assignment: point, origin: 'startup' };
  } else {
    const waiting = pending.filter((trial) => trial.work.split === 'validation').map((trial) => trial.work.assignment);
    const proposal = createSurrogate(dimensions).propose(observationsOf(history, seen), waiting, random);
    const best = proposal === null ? null : await firstFresh(proposal, Number.POSITIVE_INFINITY, tried, admission);
    if (best !== null) return { assignment: best, origin: 'model' };
  }
  const any = await firstFresh(() => sample(dimensions, random), RANDOM_ATTEMPTS, tried, admission);
  return any === null ? null : { assignment: any, origin: 'random' };
}
