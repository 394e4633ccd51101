import { newHistory, runStrategy } from '#lib/optimizer/drive';
import { createStrategy } from '#lib/optimizer/strategies';
import { formulas } from './formulas.ts';
import type { Task } from './tasks.ts';

/** Best value after each trial of one search of a task: a black box is a program with one example. */
export async function search(
  task: Task,
  strategy: string,
  seed: number,
  trials: number,
  parallelism = 1,
): Promise<number[]> {
  const formula = formulas[task.formula];
  if (formula === undefined) throw new Error(`no formula ${task.formula}`);
  const history = newHistory({
    space: task.space,
    seed,
    config: { trials },
    parallelism,
    program: { nodes: [] },
    examples: { train: [], validation: [{ id: 'x', inputs: {}, labels: {} }] },
    objectives: [{ name: 'quality', goal: 'maximize' }],
  });
  const ending = await runStrategy(
    createStrategy(strategy, () => undefined),
    history,
    async (work) => [{ exampleId: 'x', score: -formula(work.assignment), costNanoUsd: null, latencyMs: 0, tokens: 0 }],
  );
  let best = Number.POSITIVE_INFINITY;
  return ending.history.trials.map((trial) => {
    best = Math.min(best, -(trial.objectives.quality ?? Number.NEGATIVE_INFINITY));
    return best;
  });
}
