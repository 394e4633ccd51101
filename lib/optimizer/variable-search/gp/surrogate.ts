import type { Random } from '#lib/base/random';
import { type Dimension, decode, encode, type Point } from '#lib/variable/dimensions';
import type { Assignment } from '#lib/variable/variable';
import { isInside, type Observation } from '../observation.ts';
import { type AcquireOptions, acquire } from './acquire.ts';
import { aimOf } from './aim.ts';
import { featuresOf, vectorOf } from './features.ts';
import { type FitOptions, fitHyper } from './fit.ts';
import { chosen, scheduled } from './kept.ts';
import { relativeNoises } from './noises.ts';
import { Posterior } from './posterior.ts';
import { slackTargetsOf, targetsOf } from './targets.ts';

export interface SurrogateOptions {
  fit: FitOptions;
  acquire: AcquireOptions;
  /** The same where an objective or a limit is not the only thing there is. */
  acquireSeveral: AcquireOptions;
  /** Hyperparameters are fitted anew whenever there are this many times the observations of the last time. */
  refit: number;
  /** At most so many observations are looked at to fit, and so many kept when one is fitted. */
  fitPoints: number;
  keptPoints: number;
  keptPointsSeveral: number;
}

export const SURROGATE_DEFAULTS: SurrogateOptions = {
  fit: { steps: 6, length: 0.5, spread: 1.5, noise: 0.003, noiseSpread: 2 },
  acquire: { global: 6, local: 12, incumbents: 3, climbs: 1, moves: 16 },
  acquireSeveral: { global: 12, local: 24, incumbents: 6, climbs: 2, moves: 40 },
  refit: 1.35,
  fitPoints: 28,
  keptPoints: 48,
  keptPointsSeveral: 96,
};

/** What the rules of a space said of an assignment, whether or not it was ever tried. */
export interface Ruling {
  assignment: Assignment;
  admitted: boolean;
}

/** A model of what has been seen. It remembers only to be fast: asked anew from nothing, it says the same. */
export interface Surrogate {
  /**
   * The assignments to try next, best first, null behind the last; null when there is nothing to learn from. `rulings`
   * teach where the space's rules are kept; `begun`, tried already in part, are ranked among the others.
   */
  propose(
    seen: readonly Observation[],
    pending: readonly Assignment[],
    random: Random,
    rulings?: readonly Ruling[],
    begun?: readonly Assignment[],
  ): ((rank: number) => Assignment | null) | null;
}

/** One quantity a Gaussian process models: an objective, or what is left of a limit. */
interface Quantity {
  of(observation: Observation): number;
  /** Targets of values, where 0 lies among them for a limit, and how much each changes with its value. */
  targets(values: readonly number[]): { targets: Float64Array; threshold: number; slopes?: Float64Array };
}

export function createSurrogate(
  dimensions: readonly Dimension[],
  options: SurrogateOptions = SURROGATE_DEFAULTS,
): Surrogate {
  const features = featuresOf(dimensions);
  const { isCategory } = features;
  let known: Observation[] = [];
  let points: Point[] = [];
  let vectors: Float64Array[] = [];
  let quantities: Quantity[] = [];
  let objectives = 0;
  let posteriors: Posterior[] = [];
  /** Places of the observations in the posteriors, in their order. */
  let kept: number[] = [];
  /** Of each quantity, what is known of the noise of each observation; empty where nothing is. */
  let noises: (Float64Array | undefined)[] = [];
  let fittedAt = 0;
  let appendedTo = 0;

  const begin = (seen: readonly Observation[]): void => {
    [known, points, vectors, kept, posteriors, fittedAt] = [[], [], [], [], [], 0];
    objectives = seen.find(({ values }) => values !== null)?.values?.length ?? 1;
    const limits = seen.find(({ slacks }) => slacks !== undefined)?.slacks?.length ?? 0;
    quantities = [
      ...Array.from({ length: objectives }, (_, k) => objective(k)),
      ...Array.from({ length: limits }, (_, k) => limit(k)),
    ];
  };
  const refit = (size: number): void => {
    const earlier = known.slice(0, size);
    const several = quantities.length > 1;
    kept = chosen(earlier, several ? options.keptPointsSeveral : options.keptPoints);
    const taken = chosen(earlier, options.fitPoints);
    const made = quantities.map((quantity, k) => {
      const { targets } = quantity.targets(taken.map((i) => quantity.of(known[i] as Observation)));
      const at = (places: readonly number[]) => places.map((i) => vectors[i] as Float64Array);
      const noise = (places: readonly number[]) => noises[k] && Float64Array.from(places, (i) => noises[k]?.[i] ?? 0);
      // A few noisy values say little about lengths: then what is usual is kept.
      const fit = noises.length > 0 ? { ...options.fit, steps: 0 } : options.fit;
      const hyper = fitHyper(isCategory, at(taken), targets, fit);
      return Posterior.of(isCategory, at(kept), hyper, noise(kept));
    });
    posteriors = made.every((one) => one !== null) ? made : [];
    fittedAt = size;
    appendedTo = size;
  };

  return {
    propose: (seen, pending, random, rulings = [], begun = []) => {
      const noisy = seen.some(({ variance = 0 }) => variance > 0);
      // How noisy one is among the others changes with them, so then nothing is remembered.
      const same =
        !noisy && known.length > 0 && known.length <= seen.length && known.every((one, i) => one === seen[i]);
      if (!same) begin(seen);
      for (let i = known.length; i < seen.length; i++) {
        const one = seen[i] as Observation;
        const point = encode(dimensions, one.assignment);
        known.push(one);
        points.push(point);
        vectors.push(vectorOf(features, point));
      }
      noises = noisy ? quantities.map((quantity) => noisesOf(quantity, seen)) : [];
      const size = scheduled(seen.length, options.refit);
      if (size !== fittedAt) refit(size);
      if (posteriors.length === 0) return null;
      for (let i = appendedTo; i < seen.length; i++) {
        for (const [k, posterior] of posteriors.entries()) {
          posterior.append(vectors[i] as Float64Array, noises[k]?.[i]);
        }
        kept.push(i);
      }
      appendedTo = seen.length;
      const extra = pending.map((assignment) => encode(dimensions, assignment));
      const beliefs = quantities.map((quantity, k) => {
        const { targets, threshold } = quantity.targets(kept.map((i) => quantity.of(seen[i] as Observation)));
        const posterior = posteriors[k] as Posterior;
        const fitted = posterior.learn(targets);
        if (extra.length === 0) return { posterior, fitted, threshold };
        // What still runs is taken to come out as believed, so that a batch spreads.
        const supposed = extra.map((point) => {
          posterior.at(vectorOf(features, point));
          return posterior.mean;
        });
        const copy = posterior.copy();
        for (const point of extra) copy.append(vectorOf(features, point));
        return { posterior: copy, fitted: copy.learn(Float64Array.of(...targets, ...supposed)), threshold };
      });
      const observed = [...kept.map((i) => points[i] as Point), ...extra];
      const inside = observed.map((_, place) => {
        const i = kept[place];
        if (i !== undefined) return (seen[i] as Observation).values !== null && isInside(seen[i] as Observation);
        return beliefs.slice(objectives).every(({ fitted, threshold }) => (fitted[place] as number) >= threshold);
      });
      const rules = rulesOf(rulings);
      const sure = observed.map((_, place) => (seen[kept[place] ?? -1]?.variance ?? 0) === 0);
      const { incumbents } = options.acquireSeveral;
      const { merit, centers } = aimOf(beliefs, objectives, { inside, sure }, rules, random, incumbents);
      const effort = merit.posteriors.length > 1 ? options.acquireSeveral : options.acquire;
      const found = acquire(
        features,
        centers.map((place) => observed[place] as Point),
        merit,
        random,
        effort,
        begun.map((assignment) => encode(dimensions, assignment)),
      );
      return (rank) => {
        const point = found[rank];
        return point === undefined ? null : decode(dimensions, point);
      };
    },
  };

  /** A belief about where the rules of the space are kept; null when none was ever broken. */
  function rulesOf(rulings: readonly Ruling[]): { posterior: Posterior; threshold: number } | null {
    if (!rulings.some(({ admitted }) => !admitted)) return null;
    const all = [
      ...rulings,
      ...known.slice(-options.keptPoints).map(({ assignment }) => ({ assignment, admitted: true })),
    ];
    const at = all.map(({ assignment }) => vectorOf(features, encode(dimensions, assignment)));
    const { targets, threshold } = slackTargetsOf(all.map(({ admitted }) => (admitted ? 1 : -1)));
    const posterior = Posterior.of(isCategory, at, fitHyper(isCategory, at, targets, options.fit));
    posterior?.learn(targets);
    return posterior === null ? null : { posterior, threshold };
  }
}

const objective = (k: number): Quantity => ({
  of: ({ values }) => values?.[k] ?? Number.NEGATIVE_INFINITY,
  targets: (values) => ({ ...targetsOf(values), threshold: 0 }),
});
const limit = (k: number): Quantity => ({
  of: ({ slacks }) => slacks?.[k] ?? Number.NaN,
  targets: slackTargetsOf,
});

/** Variances of the observations, relative to that of the signal among the targets. Limits are taken as they are. */
function noisesOf(quantity: Quantity, seen: readonly Observation[]): Float64Array | undefined {
  const { slopes } = quantity.targets(seen.map(quantity.of));
  return slopes && relativeNoises(slopes, seen);
}
