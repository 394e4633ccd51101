import type { Random } from '#lib/base/random';
import type { Assignment } from '#lib/variable/variable';
import type { Trial } from '../spec.ts';
import type { Utility } from '../utility.ts';

/** A candidate that has been measured on the whole validation split. */
export interface Member {
  assignment: Assignment;
  trial: Trial;
  /** What it is worth, and what on each validation example. */
  value: number;
  values: ReadonlyMap<string, number>;
  /** Places in the pool; two of a merge. */
  parents: number[];
  /** Which text is to be changed next. */
  turn: number;
}

/** Of each validation example: who does best on it, by place in the pool. */
export function fronts(pool: readonly Member[]): Map<string, Set<number>> {
  const best = new Map<string, { value: number; members: Set<number> }>();
  for (const [place, { values }] of pool.entries()) {
    for (const [id, value] of values) {
      const known = best.get(id);
      if (known === undefined || value > known.value) best.set(id, { value, members: new Set([place]) });
      else if (value === known.value) known.members.add(place);
    }
  }
  return new Map(Array.from(best, ([id, { members }]) => [id, members]));
}

/**
 * How many examples each candidate leads on, without those that lead nowhere alone: whoever shares every example it leads
 * on with others that stay is dropped, the weakest first.
 */
export function leaders(pool: readonly Member[]): Map<number, number> {
  const all = [...fronts(pool).values()];
  const standing = new Set(all.flatMap((members) => [...members]));
  const weakestFirst = [...standing].sort((a, b) => valueAt(pool, a) - valueAt(pool, b) || b - a);
  for (const place of weakestFirst) {
    const own = all.filter((members) => members.has(place));
    const covered = own.every((members) => [...members].some((other) => other !== place && standing.has(other)));
    if (covered) standing.delete(place);
  }
  const counts = new Map<number, number>();
  for (const place of standing) counts.set(place, all.filter((members) => members.has(place)).length);
  return counts;
}

export function bestPlace(pool: readonly Member[]): number {
  return pool.reduce((best, _, place) => (valueAt(pool, place) > valueAt(pool, best) ? place : best), 0);
}

/** A leader, by how often it leads. */
export function pickLeader(pool: readonly Member[], random: Random): number {
  const counts = leaders(pool);
  let left = random.next() * [...counts.values()].reduce((sum, count) => sum + count, 0);
  for (const [place, count] of counts) {
    left -= count;
    if (left < 0) return place;
  }
  return bestPlace(pool);
}

export const valueAt = (pool: readonly Member[], place: number): number =>
  pool[place]?.value ?? Number.NEGATIVE_INFINITY;

export function member(assignment: Assignment, trial: Trial, utility: Utility, parents: number[], turn = 0): Member {
  return { assignment, trial, value: utility.of(trial), values: utility.perExample(trial), parents, turn };
}
