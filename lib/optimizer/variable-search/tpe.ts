import type { Random } from '#lib/base/random';
import { type Dimension, decode, encode, type Point } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { type ParzenOptions, parzen } from './parzen.ts';

export interface Observation {
  assignment: Assignment;
  /** Larger is better; -Infinity for a failure. */
  value: number;
}

export interface TpeOptions extends ParzenOptions {
  /** Share of the observations that count as good, and at most how many. */
  gamma: number;
  maxGood: number;
  /** Proposals drawn from the good density, of which the one with the best ratio is taken. */
  candidates: number;
}

/** Chosen on bench/search, where values from half to twice these differ less than their seeds do. */
export const TPE_DEFAULTS: TpeOptions = {
  gamma: 0.15,
  maxGood: 25,
  candidates: 48,
  prior: 1,
  bandwidth: 0.12,
  floor: 0.5,
  smoothing: 6,
};

/**
 * The best assignments to try next, by rank; null behind the last. In order of expected improvement: drawn from the density of the good observations, ranked by its ratio to
 * the density of the others. Assignments still running count among the others, so that a batch spreads. Without two
 * different values there is nothing to learn, and the proposals are random. After Bergstra et al. 2011.
 */
export function tpeProposals(
  dimensions: readonly Dimension[],
  observations: readonly Observation[],
  pending: readonly Assignment[],
  random: Random,
  options: TpeOptions = TPE_DEFAULTS,
): (rank: number) => Assignment | null {
  const ranked = [...observations].sort((a, b) => (a.value === b.value ? 0 : b.value - a.value));
  const finite = ranked.filter(({ value }) => value > Number.NEGATIVE_INFINITY);
  if (new Set(ranked.map(({ value }) => value)).size < 2) {
    return (rank) => (rank < options.candidates ? sample(dimensions, random) : null);
  }
  const count = Math.min(options.maxGood, Math.max(1, Math.ceil(options.gamma * ranked.length)), finite.length);
  const good = ranked.slice(0, count).map(({ assignment }) => encode(dimensions, assignment));
  const rest = [...ranked.slice(count).map(({ assignment }) => assignment), ...pending];
  const bad = rest.map((assignment) => encode(dimensions, assignment));
  const evenly = (points: readonly Point[]): number[] => points.map(() => 1);
  const better = parzen(dimensions, good, evenly(good), options);
  const worse = parzen(dimensions, bad, evenly(bad), options);
  const proposals = Array.from({ length: options.candidates }, () => {
    const point = better.sample(random);
    return { point, ratio: better.logDensity(point) - worse.logDensity(point) };
  }).sort((a, b) => b.ratio - a.ratio);
  return (rank) => {
    const proposal = proposals[rank];
    return proposal === undefined ? null : decode(dimensions, proposal.point);
  };
}
