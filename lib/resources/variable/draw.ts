import { InvalidInput } from '#lib/base/errors';
import { seededRandom } from '#lib/base/random';
import { dimensionsOf } from '#lib/variable/dimensions';
import { sample, sampleFilling } from '#lib/variable/sample';
import type { Space } from '#lib/variable/space';
import type { Assignment, Variable } from '#lib/variable/variable';

interface How {
  count: number;
  seed: number;
  how: 'declared' | 'uniform' | 'log' | 'filling';
}

/** Assignments drawn as asked. Throws InvalidInput where a logarithmic scale is asked of numbers that have none. */
export function drawn(space: Space, { count, seed, how }: How): Assignment[] {
  const variables =
    how === 'uniform' || how === 'log' ? space.variables.map((one) => scaled(one, how)) : space.variables;
  const dimensions = dimensionsOf({ ...space, variables });
  const random = seededRandom(seed);
  if (how === 'filling') return sampleFilling(dimensions, count, random);
  return Array.from({ length: count }, () => sample(dimensions, random));
}

/** A number on another scale than it declares; steps have none but their own. */
function scaled(variable: Variable, how: 'uniform' | 'log'): Variable {
  const { type, name } = variable;
  if (type.kind !== 'float' && type.kind !== 'integer') return variable;
  if (how === 'uniform') return { ...variable, type: { ...type, log: false } };
  if (type.step !== undefined) return variable;
  if (type.min <= 0)
    throw new InvalidInput('variable_invalid', `a log scale needs min above 0; variable ${name} has ${type.min}`);
  return { ...variable, type: { ...type, log: true } };
}
