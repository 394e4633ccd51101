import type { Demo } from '#lib/adapter/adapter';
import { canonicalJson, type Json } from '#lib/base/json';
import { seededRandom } from '#lib/base/random';
import type { Space } from '#lib/variable/space';
import type { ExampleOutcome, ExampleSketch, History } from '../spec.ts';
import { balancedOrder, classCount } from './classes.ts';
import { demoPlaces } from './places.ts';
import { isComplete, labeledDemo, tracedDemos } from './pool.ts';

export interface SetOptions {
  /** How many sets each `demos` variable may choose from, the empty one included. */
  sets: number;
  maxDemos: number;
  /** A run with at least this score is a demo; without it full marks are, and failing those any score above 0. */
  threshold?: number | undefined;
  /** Fill up with examples as they are labelled, where that shows every field of the node. */
  labeled: boolean;
}

/**
 * Demo-set candidates from one pass of the baseline program over train examples: for every `demos` variable the empty set
 * and seeded, class-balanced draws of different sizes. A set takes the same examples for every variable, so that what
 * several modules are shown fits together; the search still chooses for each on its own.
 */
export function demoCandidates(
  history: History,
  outcomes: readonly ExampleOutcome[],
  options: SetOptions,
): Space['candidates'] {
  const places = demoPlaces(history);
  const good = new Map(successes(outcomes, options).map((outcome) => [outcome.exampleId, tracedDemos(outcome)]));
  // Classes of what the shown nodes answer: a set balanced over other labels as well would be less so over these.
  const answered = new Set(places.flatMap(({ nodes }) => nodes.flatMap((node) => node.signature.outputs.map(nameOf))));
  const turn = classCount(history.examples.train, answered);
  const candidates: Space['candidates'] = {};
  for (const { variable } of places) candidates[variable.name] = { d0: [] };
  for (let set = 1; set < options.sets; set++) {
    const random = seededRandom(`${history.seed}/demos/${set}`);
    const order = balancedOrder(history.examples.train, random, answered);
    // Half of the sets are full, the others of any size: short prompts are cheaper and sometimes better.
    // Smaller ones still show every class equally often: a model leans to what it is shown more of.
    const drawn = random.integer(1, Math.max(1, options.maxDemos));
    const even = turn > options.maxDemos ? drawn : Math.min(options.maxDemos, Math.ceil(drawn / turn) * turn);
    const size = set % 2 === 1 ? options.maxDemos : even;
    for (const { variable, nodes } of places) {
      const limit = Math.min(size, variable.type.kind === 'demos' ? (variable.type.maxDemos ?? size) : size);
      const demos: Demo[] = [];
      for (const example of order) {
        if (demos.length >= limit) break;
        const demo = demoOf(example, nodes, good.get(example.id), options.labeled);
        if (demo !== undefined) demos.push(demo);
      }
      const known = candidates[variable.name];
      const fresh = !Object.values(known ?? {}).some((value) => canonicalJson(value) === canonicalJson(demos));
      if (known !== undefined && fresh) known[`d${set}`] = demos as Json[];
    }
  }
  return candidates;
}

const nameOf = ({ name }: { name: string }): string => name;

/** The first of the variable's nodes that has something to show of this example. */
function demoOf(
  example: ExampleSketch,
  nodes: History['program']['nodes'],
  traced: Map<string, Demo> | undefined,
  labeled: boolean,
): Demo | undefined {
  for (const node of nodes) {
    const demo = traced?.get(node.id);
    if (demo !== undefined) return demo;
    const own = labeled ? labeledDemo(example, node.signature) : null;
    if (own !== null && isComplete(own, node.signature)) return own;
  }
  return undefined;
}

function successes(outcomes: readonly ExampleOutcome[], { threshold, maxDemos }: SetOptions): ExampleOutcome[] {
  const scored = outcomes.filter((outcome) => outcome.score !== null && outcome.traces !== undefined);
  const atLeast = (limit: number): ExampleOutcome[] => scored.filter((outcome) => (outcome.score ?? 0) >= limit);
  if (threshold !== undefined) return atLeast(threshold);
  const perfect = atLeast(1);
  return perfect.length >= maxDemos ? perfect : scored.filter((outcome) => (outcome.score ?? 0) > 0);
}
