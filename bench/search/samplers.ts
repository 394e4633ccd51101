import { searchBlackBox } from '#lib/optimizer/black-box/search';
import { newHistory, runStrategy } from '#lib/optimizer/drive';
import { createStrategy } from '#lib/optimizer/strategies';
import type { Space } from '#lib/variable/space';
import type { Assignment } from '#lib/variable/variable';
import { knapsackUse } from './formulas.ts';
import type { Peer } from './peers/bridge.ts';
import type { Task } from './tasks.ts';

/** Every assignment of one search, in order. */
export type Sampler = (task: Task, seed: number, trials: number) => Promise<Assignment[]>;

/** One of ours, by ask and tell; what has limits goes the way a program with limits goes. */
export function ownSampler(strategy: string, parallel = 1): Sampler {
  return async (task, seed, trials) => {
    if (task.limits !== undefined) {
      const measure = (assignment: Assignment) => ({ loss: task.truth(assignment), ...knapsackUse(assignment) });
      return withinLimits(strategy, task.box.space, task.limits, seed, trials, measure, parallel);
    }
    const search = searchBlackBox(task.box, { strategy, seed, trials, parallel });
    const assignments: Assignment[] = [];
    // Told at once: the search itself leaves out what would still be running.
    for (;;) {
      const asked = search.ask();
      if (asked === null || asked === 'waiting') return assignments;
      assignments.push(asked.assignment);
      search.tell(asked.trial, { objectives: { loss: task.seen(asked.assignment, seed) } });
    }
  };
}

/** The assignments of a search within limits, which goes the way a program with limits goes. */
export async function withinLimits(
  strategy: string,
  space: Space,
  limits: { cost: number; latency: number },
  seed: number,
  trials: number,
  measure: (assignment: Assignment) => { loss: number; cost: number; latency: number },
  parallelism = 1,
): Promise<Assignment[]> {
  const assignments: Assignment[] = [];
  const history = newHistory({
    space,
    seed,
    config: { trials },
    parallelism,
    program: { nodes: [] },
    examples: { train: [], validation: [{ id: 'x', inputs: {}, labels: {} }] },
    objectives: [
      { name: 'quality', goal: 'maximize' },
      { name: 'costNanoUsd', goal: 'minimize', weight: 0, atMost: limits.cost },
      { name: 'latencyMs', goal: 'minimize', weight: 0, atMost: limits.latency },
    ],
  });
  await runStrategy(
    createStrategy(strategy, () => undefined),
    history,
    async ({ assignment }) => {
      assignments.push(assignment);
      const { loss, cost, latency } = measure(assignment);
      return [{ exampleId: 'x', score: -loss, costNanoUsd: cost, latencyMs: latency, tokens: 0 }];
    },
  );
  return assignments;
}

/** A peer's, over its bridge. */
export function peerSampler(peer: Peer, sampler: string, parallel = 1): Sampler {
  return async (task, seed, trials) => {
    const assignments: Assignment[] = [];
    const start = {
      ...{ sampler, seed, trials, parallel, variables: task.variables, objectives: task.box.objectives },
      constraints: task.violations === undefined ? 0 : 2,
    };
    await peer.search(start, (assignment) => {
      assignments.push(assignment);
      const constraints = task.violations?.(assignment);
      return { values: [task.seen(assignment, seed)], ...(constraints === undefined ? {} : { constraints }) };
    });
    return assignments;
  };
}

/**
 * The truth of what would be recommended after each trial, as [trial, truth] wherever it changes: of the allowed
 * assignments the one that was seen best. Before any is allowed, the empty knapsack, worth 0.
 */
export function recommended(task: Task, seed: number, assignments: readonly Assignment[]): [number, number][] {
  const steps: [number, number][] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const [trial, assignment] of assignments.entries()) {
    if (trial === 0) steps.push([0, 0]);
    if (task.violations?.(assignment).some((violation) => violation > 1e-12)) continue;
    const seen = task.seen(assignment, seed);
    if (!(seen < best)) continue;
    best = seen;
    const truth = Number(task.truth(assignment).toPrecision(9));
    if (trial === 0) steps.pop();
    steps.push([trial, truth]);
  }
  return steps;
}
