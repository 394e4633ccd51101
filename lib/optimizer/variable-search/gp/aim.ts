import type { Random } from '#lib/base/random';
import { paretoFront } from '../../pareto/front.ts';
import { frontGain } from './front-gain.ts';
import { improvementOver, type Merit, type Slack, within } from './merit.ts';
import type { Posterior } from './posterior.ts';

/** What is believed of one objective or limit: values at the observations, in units of the targets. */
export interface Believed extends Slack {
  posterior: Posterior;
  fitted: Float64Array;
  /** Of a limit, where it is just kept. */
  threshold: number;
}

/** Of each observation: whether it keeps the limits, and whether its value is known on all examples. */
export interface Standing {
  inside: readonly boolean[];
  sure: readonly boolean[];
}

/**
 * What is looked for next, and the places of the observations to look around: improvement of the best, or of the front,
 * within the limits; before anything is within them, the way there. What is not `sure` is no best one to improve
 * on, as long as there is another.
 */
export function aimOf(
  beliefs: readonly Believed[],
  objectives: number,
  { inside, sure }: Standing,
  rules: Slack | null,
  random: Random,
  incumbents: number,
): { merit: Merit; centers: number[] } {
  const wanted = beliefs.slice(0, objectives);
  const limits = beliefs.slice(objectives);
  const slacks: Slack[] = rules === null ? limits : [...limits, rules];
  const allowed = inside.flatMap((is, place) => (is ? [place] : []));
  if (limits.length > 0 && allowed.length === 0) {
    const lack = inside.map((_, place) =>
      limits.reduce((sum, { fitted, threshold }) => sum + Math.min(0, (fitted[place] as number) - threshold), 0),
    );
    return { merit: within(null, slacks), centers: highest(lack, 3) };
  }
  const [first] = wanted as [Believed];
  if (objectives === 1) {
    const values = limits.length === 0 ? first.fitted : first.fitted.map((value, i) => (inside[i] ? value : -Infinity));
    let best = Number.NEGATIVE_INFINITY;
    for (const [i, value] of values.entries()) if (sure[i] === true && value > best) best = value;
    if (best === Number.NEGATIVE_INFINITY) for (const value of values) if (value > best) best = value;
    const merit = improvementOver(best, first.posterior);
    return { merit: slacks.length === 0 ? merit : within(merit, slacks), centers: highest(values, 3) };
  }
  const places = allowed.length > 0 ? allowed : inside.map((_, place) => place);
  const values = places.map((place) => wanted.map(({ fitted }) => fitted[place] as number));
  const reference = wanted.map(({ fitted }) => referenceBelow(fitted));
  const front = paretoFront(values);
  const merit = frontGain(
    front.map((index) => values[index] as number[]),
    reference,
    wanted.map(({ posterior }) => posterior),
  );
  return {
    merit: slacks.length === 0 ? merit : within(merit, slacks),
    centers: random.sample(front, incumbents).map((index) => places[index] as number),
  };
}

// A little below the worst, so that the ends of a front are worth something.
const BELOW = 0.25;

function referenceBelow(fitted: Float64Array): number {
  const low = fitted.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = fitted.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return low - BELOW * (high - low);
}

/** Places of the `count` highest values, the earlier one first among equals. */
function highest(values: ArrayLike<number>, count: number): number[] {
  const found: number[] = [];
  while (found.length < Math.min(count, values.length)) {
    let top = -1;
    for (let i = 0; i < values.length; i++) {
      if ((top < 0 || (values[i] as number) > (values[top] as number)) && !found.includes(i)) top = i;
    }
    if (top < 0) break;
    found.push(top);
  }
  return found;
}
