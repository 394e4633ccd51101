import type { Assignment, Variable } from '#lib/variable/variable';
import { chance, type Task } from './world.ts';

const float = (name: string, start: number): Variable => ({
  name,
  type: { kind: 'float', min: 0, max: 1 },
  default: start,
});
const choice = (name: string, count: number): Variable => ({
  name,
  type: { kind: 'choice', choices: Array.from({ length: count }, (_, index) => index) },
});
const demos: Variable = { name: 'demos', type: { kind: 'demos', maxDemos: 4 } };
const near = (value: unknown, peak: number, width: number): number =>
  Math.exp(-(((Number(value ?? 0) - peak) / width) ** 2));
const EIGHT = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
const shown = ({ demos: own }: Assignment): number =>
  (Array.isArray(own) ? own : []).filter((demo) => (demo as Record<string, unknown>).queue === 'right').length;

/** One task for each move, made so that it needs what the move does; every move is on the others, too. */
export const tasks: Record<string, Task> = {
  sample: {
    name: 'needle',
    about: 'two choices of twelve, one value of each is good: it has to be come upon first',
    variables: [choice('a', 12), choice('b', 12), demos],
    steps: 4,
    stepsAtEqualRuns: 5,
    skill: ({ a, b }, seed) =>
      0.2 +
      (a === 1 + Math.floor(chance('a', seed) * 11) ? 0.35 : 0) +
      (b === 1 + Math.floor(chance('b', seed) * 11) ? 0.35 : 0),
  },
  initialize: {
    name: 'far from home',
    about: 'four numbers whose defaults are far from good, and one step only',
    variables: [float('p', 0), float('q', 0), float('r', 0), float('s', 0)],
    steps: 1,
    stepsAtEqualRuns: 2,
    skill: (values, seed) =>
      0.1 +
      0.2 *
        ['p', 'q', 'r', 's'].reduce((sum, name) => sum + near(values[name], 0.5 + 0.4 * chance(name, seed), 0.35), 0),
  },
  mutate: {
    name: 'many settings',
    about: 'six choices of four, each with a better and a worse value',
    variables: ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'].map((name) => choice(name, 4)),
    steps: 6,
    stepsAtEqualRuns: 7,
    skill: (values, seed) =>
      0.15 +
      ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'].reduce((sum, name) => {
        const best = 1 + Math.floor(chance(name, seed) * 3);
        return sum + (values[name] === best ? 0.13 : 0);
      }, 0),
  },
  bootstrap: {
    name: 'shown how',
    about: 'right demos are worth most, one choice a little',
    variables: [demos, choice('style', 3)],
    steps: 4,
    stepsAtEqualRuns: 5,
    skill: (values, seed) =>
      0.25 + 0.14 * Math.min(4, shown(values)) + (values.style === 1 + Math.floor(chance('style', seed) * 2) ? 0.1 : 0),
  },
  amplify: {
    name: 'eight hills',
    about: 'eight numbers, each with a slope that gets steep near the top: many small changes at once',
    variables: EIGHT.map((name) => float(name, 0.5)),
    steps: 8,
    stepsAtEqualRuns: 11,
    skill: (values, seed) =>
      0.05 +
      EIGHT.reduce((sum, name) => {
        const top = 0.15 + 0.7 * chance(name, seed);
        return sum + (0.3 * near(values[name], top, 0.5) + 0.6 * near(values[name], top, 0.2)) / EIGHT.length;
      }, 0),
  },
};
