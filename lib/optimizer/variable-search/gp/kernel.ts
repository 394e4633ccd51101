/** Matern 5/2 of a squared distance. Source: Rasmussen and Williams 2006, 4.17. */
export function matern(squared: number): number {
  const s = Math.sqrt(5 * squared);
  return (1 + s + (s * s) / 3) * Math.exp(-s);
}

/** Its derivative by the squared distance. */
export function maternSlope(squared: number): number {
  const s = Math.sqrt(5 * squared);
  return (-5 / 6) * (1 + s) * Math.exp(-s);
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

/** The whole symmetric inverse from a lower triangular factor. */
export function inverseOf(factor: Float64Array, n: number): Float64Array {
  // Rows of the inverse of the factor, then their products.
  const low = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const pivot = factor[i * n + i] as number;
    low[i * n + i] = 1 / pivot;
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= (factor[i * n + k] as number) * (low[k * n + j] as number);
      low[i * n + j] = sum / pivot;
    }
  }
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
