import { seededRandom } from '#lib/base/random';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import { type Dimension, dimensionsOf, encode } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import type { DevTask } from './dev-tasks.ts';

/** A development task with costs beside its loss: what is good is dear, in ways drawn anew for each task. */
export interface CostlyTask extends DevTask {
  dimensions: Dimension[];
  costs: ((assignment: Assignment) => number)[];
  /** Of each cost a limit that `share` of random assignments keep. */
  limits: number[];
}

export function costly(task: DevTask, count: number, share: number): CostlyTask {
  const { space } = readSpaceFile({ variables: task.variables, objectives: [{ name: 'loss', goal: 'minimize' }] });
  const dimensions = dimensionsOf(space);
  const random = seededRandom(`costs/${task.id}`);
  const drawn = Array.from({ length: 1000 }, () => sample(dimensions, random));
  const costs = Array.from({ length: count }, () => {
    const weights = dimensions.map(() => random.next() ** 2);
    const tables = dimensions.map((one) => (one.kind === 'category' ? one.choices.map(() => random.next()) : []));
    const bend = random.next() < 0.5 ? 1 : 2;
    return (assignment: Assignment): number =>
      encode(dimensions, assignment).reduce<number>((sum, coordinate, k) => {
        if (coordinate === null) return sum;
        const part = dimensions[k]?.kind === 'category' ? (tables[k]?.[coordinate] as number) : coordinate ** bend;
        return sum + (weights[k] as number) * part;
      }, 0);
  });
  const limits = costs.map((cost) => {
    const sorted = drawn.map(cost).sort((a, b) => a - b);
    return sorted[Math.floor(share ** (1 / count) * sorted.length)] as number;
  });
  return { ...task, dimensions, costs, limits };
}
