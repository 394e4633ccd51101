import type { Observation } from '../observation.ts';

// Of the targets' variance at least so much is taken to be signal.
const LEAST_SIGNAL = 0.25;

/**
 * Variances of the observations, relative to that of the signal among their targets, which change by `slopes` with the
 * values.
 */
export function relativeNoises(slopes: Float64Array, seen: readonly Observation[]): Float64Array {
  // The targets' own variance is 1, of which the noise is a part.
  const noises = slopes.map((slope, i) => slope * slope * (seen[i]?.variance ?? 0));
  const signal = Math.max(LEAST_SIGNAL, 1 - noises.reduce((sum, noise) => sum + noise, 0) / noises.length);
  return noises.map((noise) => noise / signal);
}
