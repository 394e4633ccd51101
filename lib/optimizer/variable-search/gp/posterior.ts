import type { Hyper } from './fit.ts';
import { cholesky, inverseOf, matern, squaredGap } from './kernel.ts';

/** What is believed about the noiseless value at a point, in units of the targets. */
export interface Belief {
  mean: number;
  /** Not less than the standard deviation, from the nearest observation alone. */
  most: number;
}

/**
 * A Gaussian process that grows an observation at a time: the inverse of its matrix is bordered, which costs n * n and
 * not n * n * n. The same observations in the same order give the same bits, however they were grouped.
 */
export interface Posterior {
  readonly size: number;
  append(point: Float64Array): void;
  /** A copy, to append what is only supposed. */
  copy(): Posterior;
  /** Targets of all observations; believed values at them are returned. */
  learn(targets: Float64Array): Float64Array;
  /** Weighted squared distances of a point to all observations, into `into`. */
  distances(point: Float64Array, into: Float64Array): void;
  /** The same after one coordinate has changed. */
  shifted(into: Float64Array, from: Float64Array, d: number, old: number, now: number): void;
  belief(squared: Float64Array): Belief;
  /** Standard deviation; of the point of the last `belief`. */
  deviation(): number;
}

interface State {
  capacity: number;
  size: number;
  inverse: Float64Array;
  columns: Float64Array[];
}

/** Null when the matrix of these points cannot be factored. */
export function posteriorOf(
  isCategory: readonly boolean[],
  points: readonly Float64Array[],
  hyper: Hyper,
): Posterior | null {
  const size = points.length;
  const capacity = size + 32;
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
    matrix[i * size + i] = 1 + hyper.noise;
  }
  if (!cholesky(matrix, size)) return null;
  const dense = inverseOf(matrix, size);
  const inverse = new Float64Array(capacity * capacity);
  for (let i = 0; i < size; i++) inverse.set(dense.subarray(i * size, (i + 1) * size), i * capacity);
  return growing(isCategory, hyper, { capacity, size, inverse, columns });
}

function growing(isCategory: readonly boolean[], hyper: Hyper, state: State): Posterior {
  const { weights, noise } = hyper;
  let correlations = new Float64Array(state.capacity);
  let alpha = new Float64Array(state.capacity);
  let variance = 1;
  return {
    get size() {
      return state.size;
    },
    append: (point) => {
      if (state.size === state.capacity) {
        grow(state);
        correlations = new Float64Array(state.capacity);
      }
      const squared = new Float64Array(state.size);
      distancesTo(isCategory, state.columns, weights, state.size, point, squared);
      border(state, squared.map(matern), 1 + noise);
      state.columns.forEach((column, k) => {
        column[state.size] = point[k] as number;
      });
      state.size++;
    },
    copy: () =>
      growing(isCategory, hyper, {
        ...state,
        inverse: state.inverse.slice(),
        columns: state.columns.map((column) => column.slice()),
      }),
    learn: (targets) => {
      const { size, capacity, inverse } = state;
      alpha = new Float64Array(capacity);
      let energy = 0;
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let j = 0; j < size; j++) sum += (inverse[i * capacity + j] as number) * (targets[j] as number);
        alpha[i] = sum;
        energy += sum * (targets[i] as number);
      }
      variance = (Math.max(0, energy) + 2) / (size + 2);
      return targets.map((target, i) => target - noise * (alpha[i] as number));
    },
    distances: (point, into) => distancesTo(isCategory, state.columns, weights, state.size, point, into),
    shifted: (into, from, k, old, now) => {
      const column = state.columns[k] as Float64Array;
      const weight = weights[k] as number;
      const category = isCategory[k] === true;
      for (let i = 0; i < state.size; i++) {
        const x = column[i] as number;
        const change = squaredGap(category, now, x) - squaredGap(category, old, x);
        into[i] = Math.max(0, (from[i] as number) + weight * change);
      }
    },
    belief: (squared) => {
      let mean = 0;
      let nearest = 0;
      for (let i = 0; i < state.size; i++) {
        const correlation = matern(squared[i] as number);
        correlations[i] = correlation;
        if (correlation > nearest) nearest = correlation;
        mean += (alpha[i] as number) * correlation;
      }
      return { mean, most: Math.sqrt(variance * Math.max(1e-10, 1 - (nearest * nearest) / (1 + noise))) };
    },
    deviation: () => {
      const { size, capacity, inverse } = state;
      let known = 0;
      for (let i = 0; i < size; i++) {
        const row = i * capacity;
        const own = correlations[i] as number;
        let sum = 0.5 * (inverse[row + i] as number) * own;
        for (let j = 0; j < i; j++) sum += (inverse[row + j] as number) * (correlations[j] as number);
        known += sum * own;
      }
      return Math.sqrt(variance * Math.max(1e-10, 1 - 2 * known));
    },
  };
}

function distancesTo(
  isCategory: readonly boolean[],
  columns: readonly Float64Array[],
  weights: Float64Array,
  size: number,
  point: Float64Array,
  into: Float64Array,
): void {
  into.fill(0);
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

/** The inverse of a matrix with one more row and column. */
function border(state: State, correlations: Float64Array, own: number): void {
  const { size, capacity, inverse } = state;
  const pull = new Float64Array(size);
  let explained = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (inverse[i * capacity + j] as number) * (correlations[j] as number);
    pull[i] = sum;
    explained += sum * (correlations[i] as number);
  }
  // Rounding must not make a variance of nothing or less.
  const rest = Math.max(own - explained, 1e-8);
  for (let i = 0; i < size; i++) {
    const scale = (pull[i] as number) / rest;
    const row = i * capacity;
    for (let j = 0; j < size; j++) inverse[row + j] = (inverse[row + j] as number) + scale * (pull[j] as number);
    inverse[row + size] = -scale;
    inverse[size * capacity + i] = -scale;
  }
  inverse[size * capacity + size] = 1 / rest;
}

function grow(state: State): void {
  const capacity = state.capacity + 32;
  const inverse = new Float64Array(capacity * capacity);
  for (let i = 0; i < state.size; i++) {
    inverse.set(state.inverse.subarray(i * state.capacity, i * state.capacity + state.size), i * capacity);
  }
  state.columns = state.columns.map((column) => {
    const longer = new Float64Array(capacity);
    longer.set(column);
    return longer;
  });
  state.inverse = inverse;
  state.capacity = capacity;
}
