import type { Random } from '#lib/base/random';
import { type Dimension, decode, encode } from '#lib/variable/dimensions';
import type { Candidate } from './pool.ts';

// In units of a number's range: near enough to be the same idea, far enough to be another value.
const STEPS = [0.02, 0.05, 0.12];
const MOVED = 0.6;
const FROM_SECOND = 0.3;

/** A program between the two best ones, closely around the best: each variable of one of them, numbers moved a little. */
export function amplified(
  dimensions: readonly Dimension[],
  best: Candidate,
  second: Candidate,
  random: Random,
): Candidate {
  const demos = { ...best.demos };
  const point = encode(dimensions, best.assignment);
  const theirs = encode(dimensions, second.assignment);
  const kept = { ...best.assignment };
  const step = random.pick(STEPS);
  for (const [index, dimension] of dimensions.entries()) {
    const { name, variable } = dimension;
    const other = second.assignment[name];
    const take = random.next() < FROM_SECOND && other !== undefined;
    if (variable.type.kind === 'text' || variable.type.kind === 'demos') {
      if (!take || !Object.hasOwn(kept, name)) continue;
      kept[name] = other;
      const sources = second.demos[name];
      if (sources !== undefined) demos[name] = sources;
      continue;
    }
    const own = (take ? theirs[index] : point[index]) ?? point[index] ?? null;
    const near = dimension.kind === 'number' && random.next() < MOVED;
    const moved = own !== null && near ? own + step * random.normal() : own;
    point[index] = moved === null || dimension.kind !== 'number' ? moved : Math.min(0.999999, Math.max(0, moved));
  }
  const assignment = decode(dimensions, point);
  // Candidates that are newer than the space the coordinates are of.
  for (const { name, variable } of dimensions)
    if ((variable.type.kind === 'text' || variable.type.kind === 'demos') && kept[name] !== undefined)
      assignment[name] = kept[name];
  return { assignment, demos };
}
