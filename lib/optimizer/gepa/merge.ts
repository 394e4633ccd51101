import { canonicalJson } from '#lib/base/json';
import type { Random } from '#lib/base/random';
import type { Assignment } from '#lib/variable/variable';
import { leaders, type Member, valueAt } from './pool.ts';

export interface Merge {
  parents: [number, number];
  assignment: Assignment;
}

const ATTEMPTS = 10;

/**
 * Two leaders of one origin joined: for each variable the side that changed it since their common ancestor, where both
 * did the better one's. Null when no pair has anything to join that has not been tried (`done` holds its keys).
 */
export function findMerge(pool: readonly Member[], done: ReadonlySet<string>, random: Random): Merge | null {
  const candidates = [...leaders(pool).keys()];
  if (candidates.length < 2) return null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [a = 0, b = 0] = random.sample(candidates, 2).sort((x, y) => x - y);
    const common = ancestors(pool, a).filter(
      (place) => ancestors(pool, b).includes(place) && place !== a && place !== b,
    );
    const better = common.filter((place) => valueAt(pool, place) <= Math.min(valueAt(pool, a), valueAt(pool, b)));
    for (const ancestor of random.shuffle(better)) {
      const assignment = joined(pool, a, b, ancestor);
      if (assignment !== null && !done.has(canonicalJson(assignment))) return { parents: [a, b], assignment };
    }
  }
  return null;
}

function ancestors(pool: readonly Member[], place: number): number[] {
  const found = new Set<number>();
  const walk = (at: number): void => {
    for (const parent of pool[at]?.parents ?? []) {
      if (found.has(parent)) continue;
      found.add(parent);
      walk(parent);
    }
  };
  walk(place);
  return [...found];
}

/** Null unless each side brings something that the other lacks. */
function joined(pool: readonly Member[], a: number, b: number, ancestor: number): Assignment | null {
  const [one, other, old] = [pool[a], pool[b], pool[ancestor]].map((member) => member?.assignment ?? {});
  if (one === undefined || other === undefined || old === undefined) return null;
  const bIsBetter = valueAt(pool, b) > valueAt(pool, a);
  const merged: Assignment = {};
  let [fromA, fromB] = [false, false];
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [x, y, z] = [one[name], other[name], old[name]].map((value) => canonicalJson(value ?? null));
    const takeB = x === z ? y !== z : y !== z && bIsBetter;
    if (takeB && x !== y) fromB = true;
    if (!takeB && x !== y) fromA = true;
    const value = takeB ? other[name] : one[name];
    if (value !== undefined) merged[name] = value;
  }
  return fromA && fromB ? merged : null;
}

/** Validation examples to try a merge on: as many where each parent is ahead as where neither is, as far as there are. */
export function mergeExamples(pool: readonly Member[], { parents: [a, b] }: Merge, random: Random): string[] {
  const [first, second] = [a, b].map((place) => {
    return pool[place]?.values ?? new Map<string, number>();
  });
  const ids = random.shuffle([...(first?.keys() ?? [])]);
  const sign = (id: string): number => Math.sign((first?.get(id) ?? 0) - (second?.get(id) ?? 0));
  const groups = [1, -1, 0].map((wanted) => ids.filter((id) => sign(id) === wanted));
  const chosen: string[] = [];
  for (let turn = 0; chosen.length < MERGE_EXAMPLES && turn < ids.length; turn++)
    for (const group of groups) {
      const id = group[turn];
      if (id !== undefined && chosen.length < MERGE_EXAMPLES) chosen.push(id);
    }
  return chosen;
}
const MERGE_EXAMPLES = 5;
