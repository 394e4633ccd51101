import { seededRandom } from '#lib/base/random';
import type { Dimension } from '#lib/variable/dimensions';
import { sampleFilling } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import type { Surrogate } from './gp/surrogate.ts';
import type { Observation } from './observation.ts';
import { weighed } from './weighed.ts';

export interface Question {
  dimensions: readonly Dimension[];
  seed: number | string;
  trials: number;
  index: number;
  seen: readonly Observation[];
  pending: readonly Assignment[];
  surrogate: Surrogate;
}

// The volume of more objectives at once is too dear to compute; those are weighed.
const MOST_OBJECTIVES = 4;

/** Assignments for trial `index` (0 is the baseline's), the most promising first; null behind the last. */
export function proposals(question: Question): (rank: number) => Assignment | null {
  const { dimensions, seed, trials, index, seen, pending } = question;
  const startup = Math.min(startupOf(trials), trials - 1);
  if (index <= startup) {
    const points = sampleFilling(dimensions, startup, seededRandom(`${seed}/startup`));
    return (rank) => (rank === 0 ? (points[index - 1] ?? null) : null);
  }
  const random = seededRandom(`${seed}/propose/${index}`);
  const many = seen.some(({ values }) => values !== null && values.length > MOST_OBJECTIVES);
  const known = many ? weighed(seen, `${seed}/weights/${index}`) : seen;
  return question.surrogate.propose(known, pending, random) ?? (() => null);
}

/** Space-filling configurations before the model is asked. */
export const startupOf = (trials: number): number => Math.max(4, Math.min(8, Math.ceil(trials / 4)));
