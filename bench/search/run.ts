// node bench/search/run.ts [--seeds 30] [--trials 100] [--batch 1] [--write]
// variable_search against random on every task of suite.json; budgets are read off as prefixes of one run.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { wilson } from '#lib/evaluate/interval';
import { millisecondsPerSuggestion, search } from './search.ts';
import { readTasks } from './tasks.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '30' },
    trials: { type: 'string', default: '100' },
    batch: { type: 'string', default: '1' },
    tasks: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const [seeds, trials, batch] = [Number(options.seeds), Number(options.trials), Number(options.batch)];
const budgets = [25, 50, 100].filter((budget) => budget <= trials);
const chosen = options.tasks?.split(',');

const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
const at = (curve: number[], budget: number): number => curve[Math.min(budget, curve.length) - 1] ?? Number.NaN;

const rows: {
  task: string;
  budget: number;
  ours: number;
  random: number;
  regret: number;
  winRate: number;
  low: number;
  high: number;
}[] = [];
const totals = new Map<number, { wins: number; games: number; regrets: number[] }>();
for (const task of readTasks().filter(({ id }) => chosen === undefined || chosen.includes(id))) {
  const curves = { ours: [] as number[][], random: [] as number[][] };
  for (let seed = 0; seed < seeds; seed++) {
    curves.ours.push(await search(task, 'variable_search', seed, trials, batch));
    // Another seed family, so that the two never share a draw.
    curves.random.push(await search(task, 'random', seed + 100_000, trials, batch));
  }
  const found = Math.min(...[...curves.ours, ...curves.random].map((curve) => at(curve, trials)));
  const minimum = task.minimum ?? found;
  for (const budget of budgets) {
    const ours = curves.ours.map((curve) => at(curve, budget) - minimum);
    const random = curves.random.map((curve) => at(curve, budget) - minimum);
    const wins = ours.reduce((sum, value, seed) => {
      const other = random[seed] ?? 0;
      return sum + (value < other ? 1 : value === other ? 0.5 : 0);
    }, 0);
    const regret = median(ours) / median(random);
    const { low, high } = wilson(wins, seeds);
    rows.push({
      task: task.id,
      budget,
      ours: median(ours),
      random: median(random),
      regret,
      winRate: wins / seeds,
      low,
      high,
    });
    const total = totals.get(budget) ?? { wins: 0, games: 0, regrets: [] };
    total.wins += wins;
    total.games += seeds;
    total.regrets.push(regret);
    totals.set(budget, total);
  }
}
console.table(
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Number(v.toPrecision(3)) : v])),
  ),
);
const overall = [...totals].map(([budget, { wins, games, regrets }]) => {
  const mean = Math.exp(regrets.reduce((sum, value) => sum + Math.log(Math.max(value, 1e-9)), 0) / regrets.length);
  return { budget, winRate: wins / games, ...wilson(wins, games), geometricMeanRegret: mean };
});
console.table(overall);

const speed = readTasks().find(({ id }) => id === 'ackley_mixed_10');
const perSuggestion = speed === undefined ? null : await millisecondsPerSuggestion(speed, 100);
console.log(`CPU ms per suggestion at n=100, d=10: ${perSuggestion?.toFixed(3)}`);
if (options.write) {
  const file = new URL(`results/variable-search-vs-random${batch === 1 ? '' : `-batch${batch}`}.json`, import.meta.url);
  const result = {
    node: process.version,
    seeds,
    trials,
    batch,
    overall,
    rows,
    millisecondsPerSuggestionAt100: perSuggestion,
  };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}
