import { cholesky, inverseOf, matern, maternSlope, squaredGap } from './kernel.ts';

/** What the likelihood decides: how fast the values change along each dimension, and how noisy they are. */
export interface Hyper {
  /** Weights of the dimensions in the squared distance: one over a squared length. */
  weights: Float64Array;
  /** Variance of the noise relative to the signal's. */
  noise: number;
}

export interface FitOptions {
  steps: number;
  /** Expected length in the unit cube for one dimension; grows with the root of their number. */
  length: number;
  /** Spread of the logarithm of a weight around that. */
  spread: number;
  noise: number;
  noiseSpread: number;
}

const MIN_NOISE = 1e-6;
const MAX_NOISE = 2;

/**
 * Hyperparameters with the highest posterior for standardized targets, by resilient steps along the gradient of the
 * marginal likelihood (the signal's variance profiled out) from the prior's middle. Source: Rasmussen and Williams 2006,
 * 5.4.1; steps: Riedmiller and Braun 1993; a prior that widens with the dimensions: Hvarfner et al. 2024.
 */
export function fitHyper(
  isCategory: readonly boolean[],
  points: readonly Float64Array[],
  targets: Float64Array,
  options: FitOptions,
): Hyper {
  const [n, d] = [points.length, isCategory.length];
  const middle = -2 * Math.log(options.length * Math.sqrt(Math.max(1, d)));
  const noiseMiddle = Math.log(options.noise);
  const theta = new Float64Array(d + 1).fill(middle);
  theta[d] = noiseMiddle;
  const gaps = gapsOf(isCategory, points);
  const step = new Float64Array(d + 1).fill(0.4);
  let last: Float64Array = new Float64Array(d + 1);
  let best: { value: number; theta: Float64Array } = { value: Number.NEGATIVE_INFINITY, theta: theta.slice() };
  for (let round = 0; round <= options.steps; round++) {
    const at = posterior(gaps, targets, theta, n, d);
    if (at === null) break;
    let { value } = at;
    const { slope } = at;
    for (let k = 0; k <= d; k++) {
      const [mean, spread] = k < d ? [middle, options.spread] : [noiseMiddle, options.noiseSpread];
      const away = ((theta[k] as number) - mean) / spread;
      value -= 0.5 * away * away;
      slope[k] = (slope[k] as number) - away / spread;
    }
    if (value > best.value) best = { value, theta: theta.slice() };
    for (let k = 0; k <= d; k++) {
      const now = slope[k] as number;
      const agree = now * (last[k] as number);
      if (agree > 0) step[k] = Math.min(1.5, (step[k] as number) * 1.4);
      else if (agree < 0) step[k] = (step[k] as number) * 0.4;
      theta[k] = (theta[k] as number) + Math.sign(now) * (step[k] as number);
    }
    theta[d] = Math.min(Math.log(MAX_NOISE), Math.max(Math.log(MIN_NOISE), theta[d] as number));
    last = slope;
  }
  return { weights: Float64Array.from(best.theta.subarray(0, d), Math.exp), noise: Math.exp(best.theta[d] as number) };
}

/** Squared gaps of all pairs i > j, a list a dimension; null where all are zero. */
function gapsOf(isCategory: readonly boolean[], points: readonly Float64Array[]): Float64Array[] {
  const n = points.length;
  return isCategory.map((category, d) => {
    const gaps = new Float64Array((n * (n - 1)) / 2);
    let place = 0;
    for (let i = 1; i < n; i++) {
      const x = points[i]?.[d] as number;
      for (let j = 0; j < i; j++) gaps[place++] = squaredGap(category, x, points[j]?.[d] as number);
    }
    return gaps;
  });
}

/** Log marginal likelihood, up to a constant, and its slope by the logarithms of weights and noise. */
function posterior(
  gaps: readonly Float64Array[],
  targets: Float64Array,
  theta: Float64Array,
  n: number,
  d: number,
): { value: number; slope: Float64Array } | null {
  const pairs = (n * (n - 1)) / 2;
  const squared = new Float64Array(pairs);
  for (let k = 0; k < d; k++) {
    const weight = Math.exp(theta[k] as number);
    const gap = gaps[k] as Float64Array;
    for (let p = 0; p < pairs; p++) squared[p] = (squared[p] as number) + weight * (gap[p] as number);
  }
  const noise = Math.exp(theta[d] as number);
  const matrix = new Float64Array(n * n);
  let place = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) matrix[i * n + j] = matern(squared[place++] as number);
    matrix[i * n + i] = 1 + noise;
  }
  if (!cholesky(matrix, n)) return null;
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) logDeterminant += 2 * Math.log(matrix[i * n + i] as number);
  const inverse = inverseOf(matrix, n);
  const alpha = new Float64Array(n);
  let energy = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += (inverse[i * n + j] as number) * (targets[j] as number);
    alpha[i] = sum;
    energy += sum * (targets[i] as number);
  }
  const variance = (energy + 2) / (n + 2);
  const value = -0.5 * (n + 2) * Math.log(variance) - 0.5 * logDeterminant;
  // By each entry of the correlation matrix, then by what it is made of.
  const byPair = new Float64Array(pairs);
  place = 0;
  for (let i = 1; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const pull = ((alpha[i] as number) * (alpha[j] as number)) / variance - (inverse[i * n + j] as number);
      byPair[place] = pull * maternSlope(squared[place] as number);
      place++;
    }
  }
  const slope = new Float64Array(d + 1);
  for (let k = 0; k < d; k++) {
    const gap = gaps[k] as Float64Array;
    let sum = 0;
    for (let p = 0; p < pairs; p++) sum += (byPair[p] as number) * (gap[p] as number);
    slope[k] = sum * Math.exp(theta[k] as number);
  }
  let trace = 0;
  for (let i = 0; i < n; i++) trace += (alpha[i] as number) ** 2 / variance - (inverse[i * n + i] as number);
  slope[d] = 0.5 * noise * trace;
  return { value, slope };
}
