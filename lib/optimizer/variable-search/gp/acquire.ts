import type { Random } from '#lib/base/random';
import type { Point } from '#lib/variable/dimensions';
import { type Features, vectorOf } from './features.ts';
import { logImprovement } from './improvement.ts';
import { drawn, moved, mutated } from './moves.ts';
import type { Posterior } from './posterior.ts';

export interface AcquireOptions {
  /** Points drawn anywhere, and around the best ones. */
  global: number;
  local: number;
  /** How many of the best observations are searched around. */
  incumbents: number;
  /** How many of the most promising are climbed from, and by how many tried moves. */
  climbs: number;
  moves: number;
}

/** A point with the logarithm of the improvement expected of it, or, not `exact`, a bound that is not below. */
interface Candidate {
  point: Point;
  merit: number;
  exact: boolean;
}

/** Points by the improvement expected over the best believed value, best first. */
export function acquire(
  features: Features,
  observed: readonly Point[],
  posterior: Posterior,
  fitted: Float64Array,
  random: Random,
  options: AcquireOptions,
): Point[] {
  const best = fitted.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  const squared = new Float64Array(posterior.size);
  const vector = new Float64Array(features.count);
  const judge = (point: Point): Candidate => {
    posterior.distances(vectorOf(features, point, vector), squared);
    const { mean, most } = posterior.belief(squared);
    return { point, merit: logImprovement(mean - best, most), exact: false };
  };
  const settle = (candidate: Candidate): void => {
    posterior.distances(vectorOf(features, candidate.point, vector), squared);
    const { mean } = posterior.belief(squared);
    candidate.merit = logImprovement(mean - best, posterior.deviation());
    candidate.exact = true;
  };
  const candidates: Candidate[] = [];
  for (let k = 0; k < options.global; k++) candidates.push(judge(drawn(features, random)));
  const centers = highest(fitted, options.incumbents).map((i) => observed[i] as Point);
  for (let k = 0; k < options.local; k++) {
    candidates.push(judge(mutated(features, centers[k % centers.length] as Point, random)));
  }
  for (const start of leading(candidates, options.climbs, settle)) {
    candidates.push(climb(features, start, posterior, best, random, options.moves));
  }
  return candidates.sort((a, b) => b.merit - a.merit).map(({ point }) => point);
}

/** The `count` best by exact merit, of which no more are computed than it takes: bounds are not below. */
function leading(candidates: Candidate[], count: number, settle: (candidate: Candidate) => void): Candidate[] {
  const found: Candidate[] = [];
  const left = [...candidates];
  while (found.length < count && left.length > 0) {
    let top = 0;
    for (let k = 1; k < left.length; k++) if ((left[k] as Candidate).merit > (left[top] as Candidate).merit) top = k;
    const one = left[top] as Candidate;
    if (!one.exact) settle(one);
    else found.push(...left.splice(top, 1));
  }
  return found;
}

function highest(values: Float64Array, count: number): number[] {
  return Array.from(values, (_, i) => i)
    .sort((a, b) => (values[b] as number) - (values[a] as number))
    .slice(0, count);
}

/** Moves of one coordinate that improve, by steps that shrink when they do not. */
function climb(
  features: Features,
  start: Candidate,
  posterior: Posterior,
  best: number,
  random: Random,
  moves: number,
): Candidate {
  let { merit } = start;
  let point = [...start.point];
  let now = new Float64Array(posterior.size);
  let next = new Float64Array(posterior.size);
  posterior.distances(vectorOf(features, point), now);
  const widths = new Float64Array(features.count).fill(0.15);
  for (let move = 0; move < moves; move++) {
    const d = Math.floor(random.next() * features.count);
    const old = point[d];
    if (old === null || old === undefined) continue;
    const value = moved(features, d, old, widths[d] as number, random);
    if (value === old) continue;
    let changed = point;
    point[d] = value;
    if (features.isCondition[d] === true) {
      changed = features.settle(point, random);
      posterior.distances(vectorOf(features, changed), next);
    } else posterior.shifted(next, now, d, old, value);
    const { mean, most } = posterior.belief(next);
    let reached = logImprovement(mean - best, most);
    // The bound alone refuses most moves; only the others are worth the exact figure.
    if (reached > merit) reached = logImprovement(mean - best, posterior.deviation());
    if (reached > merit) {
      [point, merit] = [changed, reached];
      [now, next] = [next, now];
      widths[d] = Math.min(0.4, 1.5 * (widths[d] as number));
    } else {
      point[d] = old;
      widths[d] = Math.max(0.005, 0.7 * (widths[d] as number));
    }
  }
  return { point, merit, exact: true };
}
