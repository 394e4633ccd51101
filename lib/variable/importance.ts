import { seededRandom } from '#lib/base/random';
import { type Dimension, encode, type Point } from './dimensions.ts';
import { type Forest, growForest } from './forest.ts';
import type { Assignment } from './variable.ts';

export interface Importance {
  name: string;
  /** Share of the values' variance that goes through this variable, alone or with others; 0 to 1. */
  share: number;
  /** 90% of the estimates from resampled observations lie between. */
  low: number;
  high: number;
}

export interface ImportanceOptions {
  seed?: number | string;
  /** Resamplings of the observations, each with a forest of its own. */
  rounds?: number;
  trees?: number;
}

// Points at which a forest is asked; a share of variance needs no more.
const PROBES = 128;
const LEAST = 4;

/**
 * How much each variable matters, from what was observed: total effects (the variance left when all others are known) of
 * random forests grown on bootstrap samples of the observations, with their spread as uncertainty. Empty for fewer than
 * four finite observations; all shares are 0 when every value is the same. Sources: Hutter, Hoos and Leyton-Brown 2014;
 * estimator: Jansen 1999.
 */
export function importanceOf(
  dimensions: readonly Dimension[],
  observations: readonly { assignment: Readonly<Assignment>; value: number }[],
  { seed = 0, rounds = 12, trees = 8 }: ImportanceOptions = {},
): Importance[] {
  const known = observations.filter(({ value }) => Number.isFinite(value));
  if (known.length < LEAST) return [];
  const points = known.map(({ assignment }) => encode(dimensions, assignment));
  const estimates = dimensions.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const random = seededRandom(`${seed}/importance/${round}`);
    const drawn = known.map(() => Math.floor(random.next() * known.length));
    const forest = growForest(
      dimensions,
      drawn.map((i) => points[i] as Point),
      drawn.map((i) => known[i]?.value as number),
      random,
      trees,
    );
    const shares = totalEffects(points, forest, random);
    for (const [d, share] of shares.entries()) estimates[d]?.push(share);
  }
  return dimensions.map(({ name }, d) => {
    const sorted = (estimates[d] as number[]).sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] as number;
    const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    return { name, share: mean, low: Math.min(mean, at(0.05)), high: Math.max(mean, at(0.95)) };
  });
}

/** Half the mean squared change when one coordinate is redrawn from the observed ones, over the variance. */
function totalEffects(points: readonly Point[], forest: Forest, random: { next(): number }): number[] {
  const pick = (): Point => points[Math.floor(random.next() * points.length)] as Point;
  const probes = Array.from({ length: PROBES }, () => {
    // Coordinates from different observations, so that what was tried together does not look like one effect.
    const base = pick().map((_, d) => pick()[d] ?? null);
    return { base, value: forest.predict(base) };
  });
  const mean = probes.reduce((sum, { value }) => sum + value, 0) / PROBES;
  const variance = probes.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / PROBES;
  return (points[0] ?? []).map((_, d) => {
    if (variance < 1e-24) return 0;
    let sum = 0;
    for (const { base, value } of probes) {
      const changed = [...base];
      changed[d] = pick()[d] ?? null;
      sum += (forest.predict(changed) - value) ** 2;
    }
    return Math.min(1, sum / (2 * PROBES) / variance);
  });
}
