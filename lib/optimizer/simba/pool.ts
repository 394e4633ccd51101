import type { Random } from '#lib/base/random';
import type { Assignment } from '#lib/variable/variable';
import type { DemoSource } from '../spec.ts';

/** A program of the pool: its assignment, and what its demos are made of. */
export interface Candidate {
  assignment: Assignment;
  demos: Record<string, DemoSource[]>;
}

/** One run of a program on an example. */
export interface Run {
  trial: string;
  /** Place of the program in the pool; -1 for one that was only sampled. */
  place: number;
  assignment: Assignment;
  exampleId: string;
  value: number;
}

/** What runs are worth beside what else was seen on the same example: hard examples are no fault of a program. */
export class Ledger {
  readonly runs: Run[] = [];
  readonly #sums = new Map<string, { sum: number; count: number }>();
  readonly #places = new Map<number, Run[]>();
  readonly #worths = new Map<number, number>();

  add(run: Run): void {
    // A failed run is the worst there is, and still a number that can be averaged.
    const entry = { ...run, value: Number.isFinite(run.value) ? run.value : 0 };
    this.runs.push(entry);
    const known = this.#sums.get(run.exampleId) ?? { sum: 0, count: 0 };
    this.#sums.set(run.exampleId, { sum: known.sum + entry.value, count: known.count + 1 });
    const own = this.#places.get(run.place);
    if (own === undefined) this.#places.set(run.place, [entry]);
    else own.push(entry);
    this.#worths.clear();
  }

  residual({ exampleId, value }: Run): number {
    const known = this.#sums.get(exampleId);
    return known === undefined ? 0 : value - known.sum / known.count;
  }

  /** Of a program in the pool; 0, what is usual, for one that was never run. */
  worth(place: number): number {
    const known = this.#worths.get(place);
    if (known !== undefined) return known;
    const runs = this.#places.get(place) ?? [];
    const worth = runs.length === 0 ? 0 : runs.reduce((sum, run) => sum + this.residual(run), 0) / runs.length;
    this.#worths.set(place, worth);
    return worth;
  }
}

/** The best `count` programs of the pool, the baseline always among them. */
export function topPlaces(size: number, ledger: Ledger, count: number): number[] {
  const ranked = Array.from({ length: size }, (_, place) => ({ place, worth: ledger.worth(place) }))
    .sort((a, b) => b.worth - a.worth || a.place - b.place)
    .slice(0, count)
    .map(({ place }) => place);
  if (!ranked.includes(0) && ranked.length > 0) ranked[ranked.length - 1] = 0;
  return ranked;
}

export function softmaxPlace(places: readonly number[], ledger: Ledger, temperature: number, random: Random): number {
  const worths = places.map((place) => ledger.worth(place) / temperature);
  const most = Math.max(...worths);
  const weights = worths.map((worth) => Math.exp(worth - most));
  let left = random.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, place] of places.entries()) {
    left -= weights[index] ?? 0;
    if (left < 0) return place;
  }
  return places.at(-1) ?? 0;
}

/** Linear between the neighbours, as numpy's. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return low + (high - low) * (at - Math.floor(at));
}

/** Knuth's method; good for the small means there are here. */
export function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let product = random.next();
  let count = 0;
  while (product > limit) {
    product *= random.next();
    count++;
  }
  return count;
}
