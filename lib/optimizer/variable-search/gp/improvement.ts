/**
 * Logarithm of the expected improvement over 0 by a normal value. Sources: Jones, Schonlau and Welch 1998; far below, the
 * first terms of the asymptotic series, as in Ament et al. 2023.
 */
export function logImprovement(mean: number, deviation: number): number {
  const z = mean / deviation;
  if (z > -5) return Math.log(deviation * (z * cumulative(z) + density(z)));
  return Math.log(deviation) - 0.5 * z * z - 0.9189385332046727 - 2 * Math.log(-z) + Math.log1p(-3 / (z * z));
}

const density = (z: number): number => 0.3989422804014327 * Math.exp(-0.5 * z * z);

// Coefficients of a Chebyshev fit of erfc with a relative error below 1.2e-7. Source: Numerical Recipes, 6.2.
const FIT = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** Standard normal distribution function, its tail relatively exact. */
function cumulative(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  let power = 0;
  for (let k = FIT.length - 1; k >= 0; k--) power = power * t + (FIT[k] as number);
  const tail = 0.5 * t * Math.exp(power - x * x);
  return z >= 0 ? 1 - tail : tail;
}

/** Logarithm of the standard normal distribution function. Far below, the first terms of its asymptotic series. */
export function logCumulative(z: number): number {
  if (z > -6) return Math.log(cumulative(z));
  return -0.5 * z * z - 0.9189385332046727 - Math.log(-z) + Math.log1p(-1 / (z * z));
}

/** Expected excess of a normal value over a bound. */
export function excess(mean: number, deviation: number, bound: number): number {
  const z = (mean - bound) / deviation;
  return deviation * (z * cumulative(z) + density(z));
}
