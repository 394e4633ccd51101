import type { Hyper } from './fit.ts';
import { border, cholesky, inverseOfFactor, matern, squaredGap } from './kernel.ts';

// Observations are in an order, the best first, so these few already say how certain one is near the best.
const FIRST = 16;

/**
 * A Gaussian process that grows an observation at a time: the inverse of its matrix's triangular factor gets a row, which
 * costs n * n and not n * n * n. The same observations in the same order give the same bits, however they were grouped.
 *
 * It is looked at by walking: `at` and `step` look at a point, then `mean`, `most` and `deviation()` say what is believed
 * of the noiseless value there, in units of the targets; `keep` makes that point the one that steps are taken from.
 */
export class Posterior {
  size: number;
  mean = 0;
  /** Not less than the standard deviation: what is left of it by the first observations alone. */
  most = 0;
  readonly #isCategory: readonly boolean[];
  readonly #hyper: Hyper;
  #capacity: number;
  #whitener: Float64Array;
  #columns: Float64Array[];
  #alpha: Float64Array;
  /** Of each observation, relative to the signal's variance. */
  #noises: Float64Array;
  #variance = 1;
  // Weighted squared distances to all observations: of where one stands, and of what is looked at.
  #here: Float64Array;
  #next: Float64Array;
  #correlations: Float64Array;
  /** Share of the variance that the first observations explain. */
  #explained = 0;

  private constructor(
    isCategory: readonly boolean[],
    hyper: Hyper,
    size: number,
    whitener: Float64Array,
    columns: Float64Array[],
    noises: Float64Array,
  ) {
    const capacity = columns[0]?.length ?? 0;
    this.size = size;
    this.#isCategory = isCategory;
    this.#hyper = hyper;
    this.#capacity = capacity;
    this.#whitener = whitener;
    this.#columns = columns;
    this.#noises = noises;
    this.#alpha = new Float64Array(capacity);
    this.#here = new Float64Array(capacity);
    this.#next = new Float64Array(capacity);
    this.#correlations = new Float64Array(capacity);
  }

  /** Null when the matrix of these points cannot be factored. `extra` is noise of single points beyond that of all. */
  static of(
    isCategory: readonly boolean[],
    points: readonly Float64Array[],
    hyper: Hyper,
    extra?: Float64Array,
  ): Posterior | null {
    const size = points.length;
    const capacity = size + 32;
    const noises = new Float64Array(capacity).fill(hyper.noise);
    for (let i = 0; i < size; i++) noises[i] = hyper.noise + (extra?.[i] ?? 0);
    const columns = isCategory.map((_, k) => {
      const column = new Float64Array(capacity);
      for (let i = 0; i < size; i++) column[i] = points[i]?.[k] as number;
      return column;
    });
    const matrix = new Float64Array(size * size);
    const squared = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      distancesTo(isCategory, columns, hyper.weights, i, points[i] as Float64Array, squared);
      for (let j = 0; j < i; j++) matrix[i * size + j] = matern(squared[j] as number);
      matrix[i * size + i] = 1 + (noises[i] as number);
    }
    if (!cholesky(matrix, size)) return null;
    const dense = inverseOfFactor(matrix, size);
    const whitener = new Float64Array(capacity * capacity);
    for (let i = 0; i < size; i++) whitener.set(dense.subarray(i * size, (i + 1) * size), i * capacity);
    return new Posterior(isCategory, hyper, size, whitener, columns, noises);
  }

  append(point: Float64Array, extra = 0): void {
    if (this.size === this.#capacity) this.#grow();
    const { size } = this;
    distancesTo(this.#isCategory, this.#columns, this.#hyper.weights, size, point, this.#next);
    for (let i = 0; i < size; i++) this.#correlations[i] = matern(this.#next[i] as number);
    const noise = this.#hyper.noise + extra;
    this.#noises[size] = noise;
    border(this.#whitener, this.#capacity, size, this.#correlations, 1 + noise);
    for (let k = 0; k < this.#columns.length; k++) (this.#columns[k] as Float64Array)[size] = point[k] as number;
    this.size++;
  }

  /** A copy, to append what is only supposed. */
  copy(): Posterior {
    const columns = this.#columns.map((column) => column.slice());
    const [whitener, noises] = [this.#whitener.slice(), this.#noises.slice()];
    return new Posterior(this.#isCategory, this.#hyper, this.size, whitener, columns, noises);
  }

  /** Targets of all observations; believed values at them are returned. */
  learn(targets: Float64Array): Float64Array {
    const { size } = this;
    const [capacity, whitener, alpha] = [this.#capacity, this.#whitener, this.#alpha];
    alpha.fill(0);
    let energy = 0;
    for (let i = 0; i < size; i++) {
      const row = i * capacity;
      let white = 0;
      for (let j = 0; j <= i; j++) white += (whitener[row + j] as number) * (targets[j] as number);
      for (let j = 0; j <= i; j++) alpha[j] = (alpha[j] as number) + white * (whitener[row + j] as number);
      energy += white * white;
    }
    this.#variance = (energy + 2) / (size + 2);
    return targets.map((target, i) => target - (this.#noises[i] as number) * (alpha[i] as number));
  }

  at(point: Float64Array): void {
    distancesTo(this.#isCategory, this.#columns, this.#hyper.weights, this.size, point, this.#next);
    this.#believe();
  }

  /** Where one stands, with one coordinate changed. */
  step(k: number, old: number, now: number): void {
    const { size } = this;
    const [here, next, column] = [this.#here, this.#next, this.#columns[k] as Float64Array];
    const weight = this.#hyper.weights[k] as number;
    if (this.#isCategory[k] === true) {
      for (let i = 0; i < size; i++) {
        const x = column[i] as number;
        const change = squaredGap(true, now, x) - squaredGap(true, old, x);
        next[i] = Math.max(0, (here[i] as number) + weight * change);
      }
    } else {
      // (now - x)^2 - (old - x)^2, multiplied out.
      const [constant, slope] = [weight * (now * now - old * old), 2 * weight * (old - now)];
      for (let i = 0; i < size; i++) {
        const moved = (here[i] as number) + constant + slope * (column[i] as number);
        next[i] = moved > 0 ? moved : 0;
      }
    }
    this.#believe();
  }

  keep(): void {
    const here = this.#here;
    this.#here = this.#next;
    this.#next = here;
  }

  /** Standard deviation at the point that was looked at last. */
  deviation(): number {
    const known = this.#explained + this.#explainedBy(Math.min(FIRST, this.size), this.size);
    return Math.sqrt(this.#variance * Math.max(1e-10, 1 - known));
  }

  #believe(): void {
    const { size } = this;
    const [next, correlations, alpha] = [this.#next, this.#correlations, this.#alpha];
    let mean = 0;
    for (let i = 0; i < size; i++) {
      const correlation = matern(next[i] as number);
      correlations[i] = correlation;
      mean += (alpha[i] as number) * correlation;
    }
    this.mean = mean;
    this.#explained = this.#explainedBy(0, Math.min(FIRST, size));
    this.most = Math.sqrt(this.#variance * Math.max(1e-10, 1 - this.#explained));
  }

  /** Share of the variance that these observations explain beyond those before them. */
  #explainedBy(from: number, to: number): number {
    const [capacity, whitener, correlations] = [this.#capacity, this.#whitener, this.#correlations];
    let known = 0;
    for (let i = from; i < to; i++) {
      const row = i * capacity;
      // Two sums, so that one addition need not wait for the other.
      let even = 0;
      let odd = 0;
      let j = 0;
      for (; j < i; j += 2) {
        even += (whitener[row + j] as number) * (correlations[j] as number);
        odd += (whitener[row + j + 1] as number) * (correlations[j + 1] as number);
      }
      if (j === i) even += (whitener[row + i] as number) * (correlations[i] as number);
      known += (even + odd) * (even + odd);
    }
    return known;
  }

  #grow(): void {
    const old = this.#capacity;
    const capacity = old + 32;
    const whitener = new Float64Array(capacity * capacity);
    for (let i = 0; i < this.size; i++)
      whitener.set(this.#whitener.subarray(i * old, i * old + this.size), i * capacity);
    const longer = (list: Float64Array): Float64Array => {
      const copy = new Float64Array(capacity);
      copy.set(list);
      return copy;
    };
    this.#columns = this.#columns.map(longer);
    this.#alpha = longer(this.#alpha);
    this.#noises = longer(this.#noises);
    this.#here = longer(this.#here);
    this.#next = longer(this.#next);
    this.#correlations = longer(this.#correlations);
    this.#whitener = whitener;
    this.#capacity = capacity;
  }
}

function distancesTo(
  isCategory: readonly boolean[],
  columns: readonly Float64Array[],
  weights: Float64Array,
  size: number,
  point: Float64Array,
  into: Float64Array,
): void {
  for (let i = 0; i < size; i++) into[i] = 0;
  for (let k = 0; k < columns.length; k++) {
    const column = columns[k] as Float64Array;
    const weight = weights[k] as number;
    const x = point[k] as number;
    if (isCategory[k] === true) {
      for (let i = 0; i < size; i++) if (column[i] !== x) into[i] = (into[i] as number) + weight;
    } else {
      for (let i = 0; i < size; i++) {
        const gap = x - (column[i] as number);
        into[i] = (into[i] as number) + weight * gap * gap;
      }
    }
  }
}
