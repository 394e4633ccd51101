import { type Random, seededRandom } from '#lib/base/random';
import type { Dimension } from '#lib/variable/dimensions';
import { sample, sampleFilling } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import type { Admission } from '../admissible.ts';
import type { History, Trial } from '../spec.ts';
import { firstFresh, keyOf, triedKeys } from '../tried.ts';
import { createSurrogate, type Ruling } from './gp/surrogate.ts';
import type { Observation } from './observation.ts';
import { observationsOf } from './observations.ts';
import { partialObservationsOf } from './partial-observations.ts';

// Times the model is asked while the rules refuse what it wants most, and assignments drawn to learn the rules by.
const ROUNDS = 4;
const DRAWN = 24;

// In a small space nearly everything is tried at the end; this many misses in a row mean that all of it is.
const RANDOM_ATTEMPTS = 300;

export interface Proposal {
  assignment: Assignment;
  origin: string;
}

/** The space to search and how. */
export interface Search {
  history: History;
  dimensions: readonly Dimension[];
  admission: Admission;
  /** So many configurations fill the space before the model is asked. */
  startup: number;
}

/**
 * The configuration number `index` (0 = the first after the baseline): space-filling at first, then by the model. What is
 * `begun`, tried on some of the examples, may be proposed again, if the model expects more of it than of anything new.
 */
export async function propose(
  { history, dimensions, admission, startup }: Search,
  index: number,
  seen: readonly Trial[],
  pending: readonly Trial[],
  begun?: readonly Assignment[],
): Promise<Proposal | null> {
  const tried = triedKeys(seen, pending);
  // With what goes on, more is asked than is new.
  const number = begun === undefined ? index : `${index}/${seen.length + pending.length}`;
  const random = seededRandom(`${history.seed}/propose/${number}`);
  if (index < startup) {
    const points = sampleFilling(dimensions, startup, seededRandom(`${history.seed}/startup`));
    const point = await firstFresh((attempt) => points[index + attempt] ?? null, 1, tried, admission);
    if (point !== null) return { assignment: point, origin: 'startup' };
  } else {
    const known = begun === undefined ? observationsOf(history, seen) : partialObservationsOf(history, seen);
    for (const assignment of begun ?? []) tried.delete(keyOf(assignment));
    const best = await modelled(dimensions, known, waiting(pending), random, tried, admission, begun);
    if (best !== null) return { assignment: best, origin: 'model' };
  }
  const any = await firstFresh(() => sample(dimensions, random), RANDOM_ATTEMPTS, tried, admission);
  return any === null ? null : { assignment: any, origin: 'random' };
}

const waiting = (pending: readonly Trial[]): Assignment[] =>
  pending.filter((trial) => trial.work.split === 'validation').map((trial) => trial.work.assignment);

/**
 * The model's best that is new and admitted. Where the rules of the space refuse its first choice it asks again with what
 * they said, and what they say of assignments drawn anywhere: nothing of that has to be tried to be known.
 */
async function modelled(
  dimensions: readonly Dimension[],
  known: readonly Observation[],
  pending: readonly Assignment[],
  random: Random,
  tried: ReadonlySet<string>,
  admission: Admission,
  begun: readonly Assignment[] = [],
): Promise<Assignment | null> {
  const surrogate = createSurrogate(dimensions);
  const rulings: Ruling[] = [];
  const noted: Admission = async (assignment) => {
    const refusal = await admission(assignment);
    rulings.push({ assignment, admitted: refusal === null });
    return refusal;
  };
  let best: Assignment | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const before = rulings.length;
    const proposal = surrogate.propose(known, pending, random, rulings, begun);
    if (proposal === null) return null;
    best = (await firstFresh(proposal, Number.POSITIVE_INFINITY, tried, noted)) ?? best;
    if (rulings.slice(before).every(({ admitted }) => admitted)) return best;
    if (round === 0) for (let k = 0; k < DRAWN; k++) await noted(sample(dimensions, random));
  }
  return best;
}
