import type { Random } from '#lib/base/random';
import { type Dimension, decode, encode } from '#lib/variable/dimensions';
import { existsUnder } from '#lib/variable/existence';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';

export const levelsOf = (dimension: Dimension): number =>
  dimension.kind === 'number' ? dimension.levels : dimension.choices.length;

export const isPrompt = ({ variable: { type } }: Dimension): boolean => type.kind === 'text' || type.kind === 'demos';

/** Settings that can vary: everything but texts and demos. */
export const settingsOf = (dimensions: readonly Dimension[]): Dimension[] =>
  dimensions.filter((dimension) => !isPrompt(dimension) && levelsOf(dimension) > 1);

/** The assignment with one variable drawn anew, and with it those that exist only now. Null when none of these exists. */
export function withOneRedrawn(
  dimensions: readonly Dimension[],
  among: readonly Dimension[],
  assignment: Assignment,
  random: Random,
): Assignment | null {
  const there = among.filter(({ variable }) => existsUnder(variable, assignment));
  if (there.length === 0) return null;
  const { name } = random.pick(there);
  return withValue(dimensions, assignment, name, sample(dimensions, random));
}

/** The assignment with `name` as the other one has it; variables that come into being with it are taken from there, too. */
export function withValue(
  dimensions: readonly Dimension[],
  assignment: Assignment,
  name: string,
  other: Assignment,
): Assignment {
  const own = encode(dimensions, assignment);
  const theirs = encode(dimensions, other);
  const point = dimensions.map((dimension, index) => {
    const [mine, their] = [own[index] ?? null, theirs[index] ?? null];
    return dimension.name === name ? (their ?? mine) : (mine ?? their);
  });
  const decoded = decode(dimensions, point);
  // What is as it was stays as it was: a coordinate may be coarser than its value, and a candidate newer than the space.
  for (const { name: key, variable } of dimensions) {
    const value = assignment[key];
    if (key !== name && value !== undefined && existsUnder(variable, decoded)) decoded[key] = value;
  }
  return decoded;
}
