import type { Demo } from '#lib/adapter/adapter';
import type { Json } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import { defaultAssignment, dimensionsOf } from '#lib/variable/dimensions';
import type { Space } from '#lib/variable/space';
import type { Assignment, Variable } from '#lib/variable/variable';
import type { ExampleSketch, History, ProgramSketch } from '../spec.ts';
import { demoPlaces } from './places.ts';
import { labeledDemo } from './pool.ts';

export interface LabeledDraw {
  variable: Variable;
  drawn: { exampleId: string; demo: Demo }[];
}

/** For each `demos` variable k train examples as they are labelled, a seeded draw or the first ones. */
export function labeledDraws(history: History, k: number, sample = true): LabeledDraw[] {
  const random = seededRandom(`${history.seed}/labeled`);
  return demoPlaces(history).map(({ variable, nodes }) => {
    const pool = labeledPool(history.examples.train, nodes);
    const limit = Math.min(k, maxDemosOf(variable));
    return { variable, drawn: sample ? random.sample(pool, limit) : pool.slice(0, limit) };
  });
}

/** What each example shows of the first of these nodes it shows anything of. */
export function labeledPool(examples: readonly ExampleSketch[], nodes: ProgramSketch['nodes']): LabeledDraw['drawn'] {
  return examples.flatMap((example) => {
    const demo = nodes.map((node) => labeledDemo(example, node.signature)).find((found) => found !== null);
    return demo === undefined || demo === null ? [] : [{ exampleId: example.id, demo }];
  });
}

export function maxDemosOf(variable: Variable): number {
  return variable.type.kind === 'demos' ? (variable.type.maxDemos ?? Number.POSITIVE_INFINITY) : 0;
}

/** The space with one more candidate for each of these variables. */
export function withCandidate(space: Space, id: string, sets: readonly { variable: Variable; demos: Demo[] }[]): Space {
  const candidates = { ...space.candidates };
  for (const { variable, demos } of sets) {
    candidates[variable.name] = { ...candidates[variable.name], [id]: demos as Json[] };
  }
  return { ...space, candidates };
}

/** Every `demos` variable that has this candidate set to it, everything else as it is by default. */
export function withDemos(space: Space, id: string): Assignment {
  const assignment = defaultAssignment(dimensionsOf(space));
  for (const [name, candidates] of Object.entries(space.candidates)) {
    if (Object.hasOwn(candidates, id) && Object.hasOwn(assignment, name)) assignment[name] = { candidate: id };
  }
  return assignment;
}
