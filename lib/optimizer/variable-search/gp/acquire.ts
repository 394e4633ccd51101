import type { Random } from '#lib/base/random';
import type { Point } from '#lib/variable/dimensions';
import { type Features, vectorOf } from './features.ts';
import type { Merit } from './merit.ts';
import { drawn, moved, mutated } from './moves.ts';

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

/** A point with its merit, or, not `exact`, a bound that is not below. */
interface Candidate {
  point: Point;
  merit: number;
  exact: boolean;
}

/** Points by their merit, best first; looked for around `centers`, and everywhere, and among `also`. */
export function acquire(
  features: Features,
  centers: readonly Point[],
  merit: Merit,
  random: Random,
  options: AcquireOptions,
  also: readonly Point[] = [],
): Point[] {
  const { posteriors } = merit;
  const vector = new Float64Array(features.count);
  const at = (point: Point): void => {
    vectorOf(features, point, vector);
    for (const posterior of posteriors) posterior.at(vector);
  };
  const judge = (point: Point): Candidate => {
    at(point);
    return { point, merit: merit.value(false), exact: false };
  };
  const settle = (candidate: Candidate): void => {
    at(candidate.point);
    candidate.merit = merit.value(true);
    candidate.exact = true;
  };
  const candidates: Candidate[] = [];
  for (let k = 0; k < options.global; k++) candidates.push(judge(drawn(features, random)));
  for (let k = 0; k < options.local && centers.length > 0; k++) {
    candidates.push(judge(mutated(features, centers[k % centers.length] as Point, random)));
  }
  for (const start of leading(candidates, options.climbs, settle)) {
    candidates.push(climb(features, start, merit, at, random, options.moves));
  }
  for (const point of also) {
    const candidate = judge(point);
    settle(candidate);
    candidates.push(candidate);
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

/** Moves of one coordinate that improve, by steps that shrink when they do not. */
function climb(
  features: Features,
  start: Candidate,
  merit: Merit,
  at: (point: Point) => void,
  random: Random,
  moves: number,
): Candidate {
  const { posteriors } = merit;
  let point = [...start.point];
  const stand = (): void => {
    for (const posterior of posteriors) posterior.keep();
  };
  at(point);
  let reached = merit.value(true);
  stand();
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
      at(changed);
    } else for (const posterior of posteriors) posterior.step(d, old, value);
    let now = merit.value(false);
    // The bound alone refuses some moves; only the others are worth the exact figure.
    if (now > reached) now = merit.value(true);
    if (now > reached) {
      [point, reached] = [changed, now];
      stand();
      widths[d] = Math.min(0.4, 1.5 * (widths[d] as number));
    } else {
      point[d] = old;
      widths[d] = Math.max(0.005, 0.7 * (widths[d] as number));
    }
  }
  return { point, merit: reached, exact: true };
}
