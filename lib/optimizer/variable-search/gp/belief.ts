import { type Dimension, encode } from '#lib/variable/dimensions';
import type { Observation } from '../observation.ts';
import { featuresOf, vectorOf } from './features.ts';
import { type FitOptions, fitHyper } from './fit.ts';
import { chosen } from './kept.ts';
import { relativeNoises } from './noises.ts';
import { Posterior } from './posterior.ts';
import { plainTargetsOf } from './targets.ts';

// What holds on examples nobody has seen is nearly a sum of what each variable does by itself: lengths begin long, and the
// data has to say it loud to shorten them. How noisy the values are is known, and hardly left to the likelihood.
const FIT: Omit<FitOptions, 'noise'> = { steps: 30, length: 4, spread: 1.5, noiseSpread: 0.1 };
const FIT_POINTS = 64;
const KEPT_POINTS = 256;

/**
 * What is believed of the assignments themselves when each one's value is noise in part: theirs, drawn towards those of
 * their kin by as much as they are uncertain. In units of its own, larger is better; null where nothing is believed: of
 * those that were left out of very many, and of all when there is nothing to learn from.
 */
export function beliefsIn(dimensions: readonly Dimension[], seen: readonly Observation[]): (number | null)[] {
  const features = featuresOf(dimensions);
  const { isCategory } = features;
  const places = chosen(seen, KEPT_POINTS);
  const kept = places.map((place) => seen[place] as Observation);
  const { targets, slopes } = plainTargetsOf(kept.map(({ values }) => values?.[0] ?? Number.NEGATIVE_INFINITY));
  const noises = relativeNoises(slopes, kept);
  const least = noises.reduce((min, noise) => Math.min(min, noise), Number.POSITIVE_INFINITY);
  const vectors = kept.map(({ assignment }) => vectorOf(features, encode(dimensions, assignment)));
  const hyper = fitHyper(isCategory, vectors.slice(0, FIT_POINTS), targets.slice(0, FIT_POINTS), {
    ...FIT,
    noise: Math.max(1e-3, least),
  });
  const posterior = Posterior.of(
    ...([isCategory, vectors, hyper] as const),
    noises.map((noise) => noise - least),
  );
  const beliefs: (number | null)[] = seen.map(() => null);
  for (const [k, belief] of posterior?.learn(targets).entries() ?? []) beliefs[places[k] as number] = belief;
  return beliefs;
}
