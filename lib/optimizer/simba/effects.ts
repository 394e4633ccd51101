import type { Random } from '#lib/base/random';
import { type Dimension, encode } from '#lib/variable/dimensions';
import { existsUnder } from '#lib/variable/existence';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { withValue } from '../propose/neighbour.ts';
import type { Ledger } from './pool.ts';

// How near two values of a number have to be to speak for each other, in units of its range.
const BANDWIDTH = 0.12;
// So many runs with no effect at all are assumed beforehand; and how much the unknown is worth trying.
const PRIOR_RUNS = 4;
const CURIOSITY = 0.6;
const DRAWS = 16;

/** The measured effect of each setting: what runs with a value like this were worth beside others on their examples. */
export interface Effects {
  /** Mean effect of a coordinate of the dimension, and how many runs say so. */
  at(dimension: number, coordinate: number): { mean: number; runs: number };
}

export function measuredEffects(dimensions: readonly Dimension[], ledger: Ledger): Effects {
  // Runs of one assignment share a point: told together, there are few enough to look at all of them.
  const groups = new Map<Assignment, { sum: number; runs: number }>();
  for (const run of ledger.runs) {
    const known = groups.get(run.assignment) ?? { sum: 0, runs: 0 };
    groups.set(run.assignment, { sum: known.sum + ledger.residual(run), runs: known.runs + 1 });
  }
  const points = Array.from(groups, ([assignment, told]) => ({ point: encode(dimensions, assignment), ...told }));
  const known = new Map<string, { mean: number; runs: number }>();
  return {
    at: (index, coordinate) => {
      const key = `${index} ${coordinate}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const dimension = dimensions[index];
      let [sum, runs] = [0, 0];
      for (const told of points) {
        const other = told.point[index];
        if (other === null || other === undefined || dimension === undefined) continue;
        const distance = (other - coordinate) / BANDWIDTH;
        const weight =
          dimension.kind === 'number' ? Math.exp(-0.5 * distance * distance) : Number(other === coordinate);
        sum += weight * told.sum;
        runs += weight * told.runs;
      }
      const effect = { mean: sum / (runs + PRIOR_RUNS), runs };
      known.set(key, effect);
      return effect;
    },
  };
}

/**
 * The assignment with one or two settings changed to where their measured effect promises most; a value that few runs
 * speak of gets the benefit of the doubt. Null when nothing can be changed.
 */
export function mutated(
  dimensions: readonly Dimension[],
  settings: readonly Dimension[],
  assignment: Assignment,
  effects: Effects,
  random: Random,
): Assignment | null {
  let result = assignment;
  const changes = random.next() < 0.5 ? 1 : 2;
  for (let change = 0; change < changes; change++) {
    const next = bestChange(dimensions, settings, result, effects, random);
    // One change is made in any case, to learn something; a second one only where it promises more.
    if (next !== null && (change === 0 || next.gain > 0)) result = next.assignment;
  }
  return result === assignment ? null : result;
}

function bestChange(
  dimensions: readonly Dimension[],
  settings: readonly Dimension[],
  assignment: Assignment,
  effects: Effects,
  random: Random,
): { assignment: Assignment; gain: number } | null {
  const point = encode(dimensions, assignment);
  const promise = (index: number, coordinate: number): number => {
    const { mean, runs } = effects.at(index, coordinate);
    return mean + CURIOSITY * random.next() * Math.sqrt(1 / (runs + PRIOR_RUNS));
  };
  let best: { gain: number; name: string; other: Assignment } | null = null;
  for (let draw = 0; draw < DRAWS; draw++) {
    const other = sample(dimensions, random);
    const { name, variable } = random.pick(settings);
    const index = dimensions.findIndex((dimension) => dimension.name === name);
    const theirs = encode(dimensions, other)[index];
    const mine = point[index];
    if (theirs == null || mine == null || theirs === mine || !existsUnder(variable, assignment)) continue;
    const gain = promise(index, theirs) - effects.at(index, mine).mean;
    if (best === null || gain > best.gain) best = { gain, name, other };
  }
  if (best === null) return null;
  return { assignment: withValue(dimensions, assignment, best.name, best.other), gain: best.gain };
}
