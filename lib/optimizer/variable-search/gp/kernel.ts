// exp(-x) at every 64th up to 40; between them five terms of its series, to 1e-11. Half the cost of Math.exp, and a
// search asks for it ten thousand times a suggestion.
const CELLS = 64;
const LAST = 40 * CELLS;
const POWERS = Float64Array.from({ length: LAST + 1 }, (_, cell) => Math.exp(-cell / CELLS));

function decay(x: number): number {
  const cell = (x * CELLS) | 0;
  if (cell >= LAST) return 0;
  const f = x - cell / CELLS;
  return (POWERS[cell] as number) * (1 - f * (1 - f * (0.5 - f * (1 / 6 - f * (1 / 24)))));
}

/** Matern 5/2 of a squared distance. Source: Rasmussen and Williams 2006, 4.17. */
export function matern(squared: number): number {
  const s = Math.sqrt(5 * squared);
  return (1 + s + (5 / 3) * squared) * decay(s);
}

/** Its derivative by the squared distance. */
export function maternSlope(squared: number): number {
  const s = Math.sqrt(5 * squared);
  return (-5 / 6) * (1 + s) * decay(s);
}

/** Squared distance of two coordinates: 0 or 1 between choices. */
export function squaredGap(isCategory: boolean, a: number, b: number): number {
  return isCategory ? (a === b ? 0 : 1) : (a - b) * (a - b);
}

/** Lower triangular factor of a symmetric positive definite n x n matrix, in place, the upper part left; false if it is none. */
export function cholesky(matrix: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n;
    let diagonal = matrix[rowJ + j] as number;
    for (let k = 0; k < j; k++) diagonal -= (matrix[rowJ + k] as number) ** 2;
    if (!(diagonal > 0)) return false;
    const root = Math.sqrt(diagonal);
    matrix[rowJ + j] = root;
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n;
      let sum = matrix[rowI + j] as number;
      for (let k = 0; k < j; k++) sum -= (matrix[rowI + k] as number) * (matrix[rowJ + k] as number);
      matrix[rowI + j] = sum / root;
    }
  }
  return true;
}

/** The inverse of a lower triangular factor, itself lower triangular. */
export function inverseOfFactor(factor: Float64Array, n: number): Float64Array {
  // Along rows, as they lie in memory.
  const low = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    const pivot = 1 / (factor[row + i] as number);
    for (let k = 0; k < i; k++) {
      const scale = (factor[row + k] as number) * pivot;
      const other = k * n;
      for (let j = 0; j <= k; j++) low[row + j] = (low[row + j] as number) - scale * (low[other + j] as number);
    }
    low[row + i] = pivot;
  }
  return low;
}

/** The whole symmetric inverse of a matrix from its lower triangular factor. */
export function inverseOf(factor: Float64Array, n: number): Float64Array {
  const low = inverseOfFactor(factor, n);
  const inverse = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const scale = low[k * n + i] as number;
      for (let j = 0; j <= i; j++)
        inverse[i * n + j] = (inverse[i * n + j] as number) + scale * (low[k * n + j] as number);
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) inverse[j * n + i] = inverse[i * n + j] as number;
  return inverse;
}

/** The inverse of a lower triangular factor, rows `stride` apart, gets the row of one more observation. */
export function border(low: Float64Array, stride: number, n: number, correlations: Float64Array, own: number): void {
  const last = n * stride;
  for (let j = 0; j <= n; j++) low[last + j] = 0;
  let explained = 0;
  for (let i = 0; i < n; i++) {
    const row = i * stride;
    let white = 0;
    for (let j = 0; j <= i; j++) white += (low[row + j] as number) * (correlations[j] as number);
    for (let j = 0; j <= i; j++) low[last + j] = (low[last + j] as number) - white * (low[row + j] as number);
    explained += white * white;
  }
  // Rounding must not make a variance of nothing or less.
  const pivot = 1 / Math.sqrt(Math.max(own - explained, 1e-8));
  for (let j = 0; j < n; j++) low[last + j] = (low[last + j] as number) * pivot;
  low[last + n] = pivot;
}
