import { dominates } from '../../pareto/front.ts';
import type { Observation } from '../observation.ts';

// A search of thousands would otherwise grow its matrices by a third before it looks at them again.
const MOST_GROWTH = 48;

/** The largest size of the schedule that is not above `count`. */
export function scheduled(count: number, ratio: number): number {
  let size = Math.min(4, count);
  for (;;) {
    const next = Math.min(size + MOST_GROWTH, Math.max(size + 1, Math.round(size * ratio)));
    if (next > count) return size;
    size = next;
  }
}

/** At most `most` places: the better half of them, the best first, and the rest spread over the others. */
export function chosen(observations: readonly Observation[], most: number): number[] {
  const standing = standingsOf(observations);
  const order = standing.map((_, i) => i).sort((a, b) => (standing[b] as number) - (standing[a] as number) || a - b);
  if (order.length <= most) return order;
  const top = order.slice(0, most >> 1);
  const rest = order.slice(most >> 1).sort((a, b) => a - b);
  const count = most - top.length;
  const spread = Array.from({ length: count }, (_, k) => rest[Math.floor(((k + 0.5) * rest.length) / count)] as number);
  return [...top, ...spread];
}

/** How good each is: its value, or, where several things count, how few others are better in all of them. */
function standingsOf(observations: readonly Observation[]): number[] {
  const merits = observations.map(({ values, slacks = [] }) =>
    values === null
      ? null
      : [...values, ...slacks.map((slack) => (slack >= 0 ? 0 : Number.isNaN(slack) ? -Infinity : slack))],
  );
  if (merits.every((merit) => merit === null || merit.length === 1)) {
    return merits.map((merit) => merit?.[0] ?? Number.NEGATIVE_INFINITY);
  }
  return merits.map((merit) => {
    if (merit === null) return Number.NEGATIVE_INFINITY;
    return -merits.reduce((count, other) => count + (other !== null && dominates(other, merit) ? 1 : 0), 0);
  });
}
