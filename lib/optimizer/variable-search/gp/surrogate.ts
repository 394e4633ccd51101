import type { Random } from '#lib/base/random';
import { type Dimension, decode, encode, type Point } from '#lib/variable/dimensions';
import type { Assignment } from '#lib/variable/variable';
import { type AcquireOptions, acquire } from './acquire.ts';
import { featuresOf, vectorOf } from './features.ts';
import { type FitOptions, fitHyper } from './fit.ts';
import { type Posterior, posteriorOf } from './posterior.ts';
import { targetsOf } from './targets.ts';

export interface Valued {
  assignment: Assignment;
  /** Larger is better; -Infinity for a failure. */
  value: number;
}

export interface SurrogateOptions {
  fit: FitOptions;
  acquire: AcquireOptions;
  /** Hyperparameters are fitted anew whenever there are this many times the observations of the last time. */
  refit: number;
  /** At most so many observations are looked at to fit, and so many kept when one is fitted. */
  fitPoints: number;
  keptPoints: number;
}

export const SURROGATE_DEFAULTS: SurrogateOptions = {
  fit: { steps: 6, length: 0.5, spread: 1.5, noise: 0.003, noiseSpread: 2 },
  acquire: { global: 6, local: 12, incumbents: 3, climbs: 1, moves: 16 },
  refit: 1.35,
  fitPoints: 28,
  keptPoints: 48,
};

/** A model of what has been seen. It remembers only to be fast: asked anew from nothing, it says the same. */
export interface Surrogate {
  /** The assignments to try next, best first, null behind the last; null when there is nothing to learn from. */
  propose(
    seen: readonly Valued[],
    pending: readonly Assignment[],
    random: Random,
  ): ((rank: number) => Assignment | null) | null;
}

export function createSurrogate(
  dimensions: readonly Dimension[],
  options: SurrogateOptions = SURROGATE_DEFAULTS,
): Surrogate {
  const features = featuresOf(dimensions);
  let known: Valued[] = [];
  let points: Point[] = [];
  let vectors: Float64Array[] = [];
  let posterior: Posterior | null = null;
  /** Places of the observations in the posterior, in its order. */
  let kept: number[] = [];
  let fittedAt = 0;

  const forget = (): void => {
    [known, points, vectors, kept, posterior, fittedAt] = [[], [], [], [], null, 0];
  };
  const refit = (size: number): void => {
    const values = known.slice(0, size).map(({ value }) => value);
    const taken = chosen(values, options.fitPoints);
    const targets = targetsOf(taken.map((i) => values[i] as number));
    const hyper = fitHyper(
      features.isCategory,
      taken.map((i) => vectors[i] as Float64Array),
      targets,
      options.fit,
    );
    kept = chosen(values, options.keptPoints);
    posterior = posteriorOf(
      features.isCategory,
      kept.map((i) => vectors[i] as Float64Array),
      hyper,
    );
    fittedAt = size;
  };

  return {
    propose: (seen, pending, random) => {
      const same = known.length <= seen.length && known.every((one, i) => isSame(one, seen[i] as Valued));
      if (!same) forget();
      for (const one of seen.slice(known.length)) {
        const point = encode(dimensions, one.assignment);
        known.push(one);
        points.push(point);
        vectors.push(vectorOf(features, point));
      }
      const size = scheduled(seen.length, options.refit);
      if (size !== fittedAt) refit(size);
      if (posterior === null) return null;
      for (let i = (kept.at(-1) ?? -1) + 1; i < seen.length; i++) {
        if (i < fittedAt) continue;
        posterior.append(vectors[i] as Float64Array);
        kept.push(i);
      }
      const targets = targetsOf(kept.map((i) => (seen[i] as Valued).value));
      const observed = kept.map((i) => points[i] as Point);
      let model: Posterior = posterior;
      let fitted = model.learn(targets);
      if (pending.length > 0) {
        // What still runs is taken to come out as believed, so that a batch spreads.
        model = posterior.copy();
        model.learn(targets);
        const extra = pending.map((assignment) => encode(dimensions, assignment));
        const squared = new Float64Array(model.size);
        const believed = extra.map((point) => {
          model.distances(vectorOf(features, point), squared);
          return model.belief(squared).mean;
        });
        for (const point of extra) model.append(vectorOf(features, point));
        fitted = model.learn(Float64Array.of(...targets, ...believed));
        observed.push(...extra);
      }
      const found = acquire(features, observed, model, fitted, random, options.acquire);
      return (rank) => {
        const point = found[rank];
        return point === undefined ? null : decode(dimensions, point);
      };
    },
  };
}

const isSame = (a: Valued, b: Valued): boolean => a === b || (a.assignment === b.assignment && a.value === b.value);

/** The largest size of the schedule that is not above `count`. */
function scheduled(count: number, ratio: number): number {
  let size = Math.min(4, count);
  for (;;) {
    const next = Math.max(size + 1, Math.round(size * ratio));
    if (next > count) return size;
    size = next;
  }
}

/** At most `most` places, ascending: the better half of them by value, the rest spread over the others. */
function chosen(values: readonly number[], most: number): number[] {
  const all = values.map((_, i) => i);
  if (values.length <= most) return all;
  const order = all.sort((a, b) => (values[b] as number) - (values[a] as number) || a - b);
  const top = order.slice(0, most >> 1);
  const rest = order.slice(most >> 1).sort((a, b) => a - b);
  const count = most - top.length;
  const spread = Array.from({ length: count }, (_, k) => rest[Math.floor(((k + 0.5) * rest.length) / count)] as number);
  return [...top, ...spread].sort((a, b) => a - b);
}
