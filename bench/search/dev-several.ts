// node bench/search/dev-several.ts [--kind fronts|limits] [--count 3] [--seeds 4] [--trials 60] [--label NAME]: variable_search
// on development tasks with costs: the hypervolume of fronts, or the best loss within limits, each by family as a multiple
// of random's. Settings of the search are chosen here and never on suite.json.
import { parseArgs } from 'node:util';
import { seededRandom } from '#lib/base/random';
import { searchBlackBox } from '#lib/optimizer/black-box/search';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import { hypervolume } from '#lib/optimizer/pareto/hypervolume';
import { sample } from '#lib/variable/sample';
import type { Assignment } from '#lib/variable/variable';
import { type CostlyTask, costly } from './dev-costs.ts';
import { devTasks } from './dev-tasks.ts';
import { withinLimits } from './samplers.ts';

const { values: options } = parseArgs({
  options: {
    kind: { type: 'string', default: 'fronts' },
    count: { type: 'string', default: '3' },
    seeds: { type: 'string', default: '4' },
    trials: { type: 'string', default: '60' },
  },
});
const [seeds, trials] = [Number(options.seeds), Number(options.trials)];

/** Share of the box between the worst and the best of 2,000 random assignments. */
async function front(task: CostlyTask, strategy: string, seed: number): Promise<number> {
  const functions = [(a: Assignment) => task.evaluate(a, 0), ...task.costs];
  const random = seededRandom(`scale/${task.id}`);
  const drawn = Array.from({ length: 2000 }, () => sample(task.dimensions, random));
  const scales = functions.map((of) => {
    const sorted = drawn.map(of).sort((a, b) => a - b);
    return { worst: sorted.at(-1) as number, best: sorted[0] as number };
  });
  const objectives = functions.map((_, k) => ({ name: `o${k}`, goal: 'minimize' }));
  const search = searchBlackBox(readSpaceFile({ variables: task.variables, objectives }), { strategy, seed, trials });
  const points: number[][] = [];
  for (;;) {
    const asked = search.ask();
    if (asked === null || asked === 'waiting')
      return hypervolume(
        points,
        functions.map(() => 0),
      );
    const values = functions.map((of) => of(asked.assignment));
    points.push(
      values.map(
        (value, k) =>
          ((scales[k]?.worst as number) - value) / ((scales[k]?.worst as number) - (scales[k]?.best as number)),
      ),
    );
    search.tell(asked.trial, { objectives: Object.fromEntries(values.map((value, k) => [`o${k}`, value])) });
  }
}

/** How much of the way from the median of random assignments to the best of 2,000 allowed ones. */
async function limited(task: CostlyTask, strategy: string, seed: number): Promise<number> {
  const [cost = () => 0, latency = () => 0] = task.costs;
  const [most = 0, longest = 0] = task.limits;
  const allowed = (a: Assignment): boolean => cost(a) <= most && latency(a) <= longest;
  const random = seededRandom(`scale/${task.id}`);
  const losses: number[] = [];
  for (let k = 0; k < 20_000 && losses.length < 2000; k++) {
    const a = sample(task.dimensions, random);
    if (allowed(a)) losses.push(task.evaluate(a, 0));
  }
  losses.sort((a, b) => a - b);
  const [best, middle] = [losses[0] as number, losses[losses.length >> 1] as number];
  const space = readSpaceFile({ variables: task.variables, objectives: [{ name: 'loss', goal: 'minimize' }] }).space;
  const tried = await withinLimits(strategy, space, { cost: most, latency: longest }, seed, trials, (a) => ({
    loss: task.evaluate(a, 0),
    cost: cost(a),
    latency: latency(a),
  }));
  const found = tried.filter(allowed).map((a) => task.evaluate(a, 0));
  return found.length === 0 ? 0 : Math.max(0, (middle - Math.min(...found)) / (middle - best));
}

const families = new Map<string, { ours: number[]; random: number[] }>();
const judge = options.kind === 'limits' ? limited : front;
for (const [place, plain] of devTasks(Number(options.count)).entries()) {
  const family = plain.id.replace(/\d+$/, '');
  if (family === 'noisy') continue;
  const task = costly(plain, options.kind === 'limits' ? 2 : 1 + (place % 2), 0.15);
  const total = families.get(family) ?? { ours: [], random: [] };
  for (let seed = 0; seed < seeds; seed++) {
    total.ours.push(await judge(task, 'variable_search', seed));
    total.random.push(await judge(task, 'random', seed + 1000));
  }
  families.set(family, total);
}
const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
const rows = [...families].map(([family, { ours, random }]) => ({ family, ours: mean(ours), random: mean(random) }));
rows.push({ family: 'all', ours: mean(rows.map(({ ours }) => ours)), random: mean(rows.map(({ random }) => random)) });
console.table(rows.map((row) => ({ ...row, times: row.ours / row.random })));
