// node bench/search/pareto.ts [--seeds 30] [--trials 100]: fronts of variable_search against Optuna's NSGA-II and random.
// Two tasks of the suite with their costs as objectives of their own. Resumable: results/pareto/SAMPLER.jsonl has a line a
// search, with the hypervolume after 25, 50 and 100 trials, as a share of the box between the reference and the ideal point.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seededRandom } from '#lib/base/random';
import { searchBlackBox } from '#lib/optimizer/black-box/search';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import { hypervolume } from '#lib/optimizer/pareto/hypervolume';
import { dimensionsOf } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { formulas, knapsackUse } from './formulas.ts';
import { Peer } from './peers/bridge.ts';
import { readTasks } from './tasks.ts';

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '30' }, trials: { type: 'string', default: '100' } },
});
const [seeds, trials] = [Number(options.seeds), Number(options.trials)];
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What all calls of a program cost: larger models and more demos are dearer. */
function programCost(a: Assignment): number {
  let sum = 0;
  for (let m = 0; m < 4; m++) {
    sum +=
      ([1, 3, 8, 20][['s', 'm', 'l', 'xl'].indexOf(String(a[`model${m}`]))] ?? 0) * (1 + 0.15 * Number(a[`demos${m}`]));
  }
  return sum;
}

const OBJECTIVES: Record<string, Record<string, (a: Assignment) => number>> = {
  knapsack: {
    worthless: (a) => formulas.knapsack?.(a) ?? Number.NaN,
    cost: (a) => knapsackUse(a).cost,
    latency: (a) => knapsackUse(a).latency,
  },
  shared_program: { loss: (a) => formulas.shared_program?.(a) ?? Number.NaN, cost: (a) => Math.log(programCost(a)) },
};
const tasks = readTasks()
  .filter(({ id }) => id in OBJECTIVES)
  .map(({ id, variables }) => {
    const functions = Object.entries(OBJECTIVES[id] ?? {});
    const objectives = functions.map(([name]) => ({ name, goal: 'minimize' }));
    const box = readSpaceFile({ variables, objectives });
    // Each objective from 0 (the worst of 20,000 random assignments) to 1 (their best).
    const dimensions = dimensionsOf(box.space);
    const random = seededRandom(`scale/${id}`);
    const drawn = Array.from({ length: 20_000 }, () => sample(dimensions, random));
    const scales = functions.map(([, of]) => {
      const sorted = drawn.map(of).sort((a, b) => a - b);
      return { worst: sorted.at(-1) as number, best: sorted[0] as number };
    });
    const point = (a: Assignment): number[] =>
      functions.map(([, of], k) => {
        const { worst, best } = scales[k] as (typeof scales)[number];
        return (worst - of(a)) / (worst - best);
      });
    return { id, variables, objectives, box, functions, point };
  });
type Task = (typeof tasks)[number];

function own(task: Task, strategy: string, seed: number): Assignment[] {
  const search = searchBlackBox(task.box, { strategy, seed, trials });
  const assignments: Assignment[] = [];
  for (;;) {
    const asked = search.ask();
    if (asked === null || asked === 'waiting') return assignments;
    assignments.push(asked.assignment);
    const objectives = Object.fromEntries(task.functions.map(([name, of]) => [name, of(asked.assignment)]));
    search.tell(asked.trial, { objectives });
  }
}

async function theirs(task: Task, peer: Peer, sampler: string, seed: number): Promise<Assignment[]> {
  const assignments: Assignment[] = [];
  await peer.search({ sampler, seed, trials, variables: task.variables, objectives: task.objectives }, (assignment) => {
    assignments.push(assignment);
    return { values: task.functions.map(([, of]) => of(assignment)) };
  });
  return assignments;
}

const BUDGETS = [25, 50, 100].filter((budget) => budget <= trials);
mkdirSync(here('results/pareto'), { recursive: true });
const python = here('peers/.venv/bin/python');
const peer = existsSync(python) ? new Peer(python, here('peers/optuna_peer.py')) : null;
const samplers = ['variable_search', 'random', ...(peer === null ? [] : ['optuna_nsga2', 'optuna_tpe'])];
const found = new Map<string, Record<string, number>>();
for (const sampler of samplers) {
  const file = here(`results/pareto/${sampler}.jsonl`);
  if (!existsSync(file)) continue;
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const { task, seed, volumes } = JSON.parse(line) as { task: string; seed: number; volumes: Record<string, number> };
    found.set(`${sampler}/${task}/${seed}`, volumes);
  }
}
for (let seed = 0; seed < seeds; seed++) {
  for (const task of tasks) {
    for (const sampler of samplers) {
      if (found.has(`${sampler}/${task.id}/${seed}`)) continue;
      const ours = !sampler.startsWith('optuna') || peer === null;
      const assignments = ours ? own(task, sampler, seed) : await theirs(task, peer, sampler, seed);
      const points = assignments.map(task.point);
      const reference = task.functions.map(() => 0);
      const volumes = Object.fromEntries(
        BUDGETS.map((budget) => [budget, Number(hypervolume(points.slice(0, budget), reference).toPrecision(6))]),
      );
      found.set(`${sampler}/${task.id}/${seed}`, volumes);
      appendFileSync(here(`results/pareto/${sampler}.jsonl`), `${JSON.stringify({ task: task.id, seed, volumes })}\n`);
    }
  }
}
peer?.close();

const rows = BUDGETS.flatMap((budget) =>
  tasks.flatMap(({ id }) =>
    samplers.map((sampler) => {
      const list = Array.from({ length: seeds }, (_, seed) => found.get(`${sampler}/${id}/${seed}`)?.[budget] ?? 0);
      const ours = Array.from(
        { length: seeds },
        (_, seed) => found.get(`variable_search/${id}/${seed}`)?.[budget] ?? 0,
      );
      const mean = list.reduce((sum, value) => sum + value, 0) / seeds;
      const wins = ours.filter((value, seed) => value > (list[seed] as number)).length / seeds;
      const oursMean = ours.reduce((sum, value) => sum + value, 0) / seeds;
      return { budget, task: id, sampler, hypervolume: mean, oursOverIt: oursMean / mean, oursWins: wins };
    }),
  ),
);
console.table(rows);
writeFileSync(here('results/pareto.json'), `${JSON.stringify({ node: process.version, seeds, rows }, null, 1)}\n`);
