import { type Ending, newHistory, runStrategy } from '#lib/optimizer/drive';
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
  const { history } = await searched(task, strategy, seed, trials, parallelism);
  let best = Number.POSITIVE_INFINITY;
  return history.trials.map((trial) => {
    best = Math.min(best, -(trial.objectives.quality ?? Number.NEGATIVE_INFINITY));
    return best;
  });
}

/** CPU time of one ask of variable_search after `count` trials: asking changes nothing, so it can be asked again. */
export async function millisecondsPerSuggestion(task: Task, count: number): Promise<number> {
  const { history } = await searched(task, 'variable_search', 1, count);
  const strategy = createStrategy('variable_search', () => undefined);
  const longer = { ...history, config: { trials: count + 1 } };
  for (let warm = 0; warm < 50; warm++) await strategy.ask(longer, 1);
  const before = process.cpuUsage();
  const rounds = 200;
  for (let round = 0; round < rounds; round++) await strategy.ask(longer, 1);
  return process.cpuUsage(before).user / 1000 / rounds;
}

function searched(task: Task, strategy: string, seed: number, trials: number, parallelism = 1): Promise<Ending> {
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
  return runStrategy(
    createStrategy(strategy, () => undefined),
    history,
    async (work) => [{ exampleId: 'x', score: -formula(work.assignment), costNanoUsd: null, latencyMs: 0, tokens: 0 }],
  );
}
