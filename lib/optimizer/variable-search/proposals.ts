import { seededRandom } from '#lib/base/random';
import type { Dimension } from '#lib/variable/dimensions';
import { sampleFilling } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { rangesOf } from '../pareto/front.ts';
import type { Surrogate, Valued } from './gp/surrogate.ts';
import type { Observation } from './observation.ts';

export interface Question {
  dimensions: readonly Dimension[];
  seed: number | string;
  trials: number;
  index: number;
  seen: readonly Observation[];
  pending: readonly Assignment[];
  surrogate: Surrogate;
}

/** Assignments for trial `index` (0 is the baseline's), the most promising first; null behind the last. */
export function proposals(question: Question): (rank: number) => Assignment | null {
  const { dimensions, seed, trials, index, seen, pending } = question;
  const startup = Math.min(startupOf(trials), trials - 1);
  if (index <= startup) {
    const points = sampleFilling(dimensions, startup, seededRandom(`${seed}/startup`));
    return (rank) => (rank === 0 ? (points[index - 1] ?? null) : null);
  }
  const random = seededRandom(`${seed}/propose/${index}`);
  const values = scalarized(seen, `${seed}/weights/${index}`);
  return question.surrogate.propose(values, pending, random) ?? (() => null);
}

/** Space-filling configurations before the model is asked. */
export const startupOf = (trials: number): number => Math.max(4, Math.min(8, Math.ceil(trials / 4)));

/**
 * One value for several: the worst shortfall under weights drawn anew for every trial, so that the trials spread over the
 * front. After Knowles 2006 (ParEGO).
 */
function scalarized(seen: readonly Observation[], label: string): Valued[] {
  if (seen.every(({ values }) => values === null || values.length === 1)) return seen.map(singly);
  const ranges = rangesOf(seen.flatMap(({ values }) => (values === null ? [] : [values])));
  const random = seededRandom(label);
  const draws = ranges.map(() => -Math.log(1 - random.next()));
  const total = draws.reduce((sum, draw) => sum + draw, 0);
  return seen.map(({ assignment, values }) => {
    if (values === null) return { assignment, value: Number.NEGATIVE_INFINITY };
    const missed = values.map((value, k) => {
      const { low = 0, high = 0 } = ranges[k] ?? {};
      return high > low ? (((high - value) / (high - low)) * (draws[k] as number)) / total : 0;
    });
    return { assignment, value: -Math.max(...missed) - 0.05 * missed.reduce((sum, part) => sum + part, 0) };
  });
}

// One object for an observation, whenever it is asked for: the surrogate sees at once that it knows it.
const single = new WeakMap<Observation, Valued>();

function singly(observation: Observation): Valued {
  const known = single.get(observation);
  if (known !== undefined) return known;
  const made = { assignment: observation.assignment, value: observation.values?.[0] ?? Number.NEGATIVE_INFINITY };
  single.set(observation, made);
  return made;
}
