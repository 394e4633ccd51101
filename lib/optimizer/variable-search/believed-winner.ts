import type { Dimension } from '#lib/variable/dimensions';
import type { History, Trial } from '../spec.ts';
import { keyOf } from '../tried.ts';
import type { Utility } from '../utility.ts';
import { winnerOf } from '../winner.ts';
import { beliefsIn } from './gp/belief.ts';
import { partialObservationsOf } from './partial-observations.ts';

/**
 * The finalist that the model expects most of on examples that nobody has seen. Its own score counts for as much as so few
 * examples can say; the rest is what others have shown of the choices it is made of.
 */
export function believedWinner(
  history: History,
  dimensions: readonly Dimension[],
  trials: readonly Trial[],
  utility: Utility,
): Trial | null {
  const seen = partialObservationsOf(history, trials, Number.POSITIVE_INFINITY);
  const beliefs = beliefsIn(dimensions, seen);
  if (beliefs.every((belief) => belief === null)) return winnerOf(trials, utility);
  const believed = new Map(seen.map(({ assignment }, k) => [keyOf(assignment), beliefs[k]]));
  return winnerOf(trials, utility, ({ work }) => believed.get(keyOf(work.assignment)) ?? Number.NEGATIVE_INFINITY);
}
