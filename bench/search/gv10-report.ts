// node bench/search/gv10-report.ts: results/gv10/*.jsonl -> results/gv10.json and the tables of results/gv10.md.
// Regret = (found - minimum) / (median of random at the same budget - minimum). A win is a smaller loss at the same seed
// number, a tie counts half; its interval resamples tasks' seeds 10,000 times.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '#lib/base/random';
import { suite } from './suite.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const OURS = 'variable_search';
const BUDGETS = [25, 50, 100, 200];
type Row = { task: string; seed: number; trials: number; steps: [number, number][] };
const tasks = suite(here('peers/.venv/tables'));
const runs = new Map<string, Row>();
const samplers = readdirSync(here('results/gv10'))
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.slice(0, -'.jsonl'.length));
for (const sampler of samplers) {
  for (const line of readFileSync(here(`results/gv10/${sampler}.jsonl`), 'utf8')
    .split('\n')
    .filter(Boolean)) {
    const row = JSON.parse(line) as Row;
    runs.set(`${sampler}/${row.task}/${row.seed}`, row);
  }
}

// Optuna's default sampler is multivariate since 5.0, and a group changes nothing where nothing is conditional. Where the
// two gave the same runs on every seed that both have, the runs of one stand for the other.
const [DEFAULT, GROUP] = ['optuna_tpe', 'optuna_tpe_multivariate_group'];
const shared: string[] = [];
for (const { id } of tasks) {
  const pairs = range(30).flatMap((seed) => {
    const [a, b] = [runs.get(`${DEFAULT}/${id}/${seed}`), runs.get(`${GROUP}/${id}/${seed}`)];
    if (a === undefined || b === undefined) return [];
    const common = Math.min(a.trials, b.trials);
    const [left, right] = [a, b].map(({ steps }) => JSON.stringify(steps.filter(([trial]) => trial < common)));
    return [left === right];
  });
  if (pairs.length === 0 || pairs.includes(false)) continue;
  shared.push(`${id} (${pairs.length} seeds compared)`);
  for (const seed of range(30)) {
    const row = runs.get(`${DEFAULT}/${id}/${seed}`);
    if (row !== undefined) runs.set(`${GROUP}/${id}/${seed}`, row);
  }
}

function lossAt(sampler: string, task: { id: string; minimum: number }, seed: number, budget: number): number | null {
  const row = runs.get(`${sampler}/${task.id}/${seed}`);

  if (row === undefined || row.trials < budget) return null;
  const step = row.steps.filter(([trial]) => trial < budget).at(-1);
  return step === undefined ? null : Math.max(0, step[1] - task.minimum);
}

const cells: Record<string, unknown>[] = [];
const overall: Record<string, unknown>[] = [];
for (const budget of BUDGETS) {
  for (const peer of samplers.filter((name) => name !== OURS)) {
    // Eight at a time are held against ours with eight at a time.
    const ours = peer.endsWith('_by8') && peer !== `${OURS}_by8` ? `${OURS}_by8` : OURS;
    const perTask: { wins: number[]; ours: number; theirs: number }[] = [];
    for (const task of tasks) {
      const pairs = range(30).flatMap((seed) => {
        const [a, b, r] = [ours, peer, 'random'].map((name) => lossAt(name, task, seed, budget));
        return a == null || b == null || r == null ? [] : [{ a, b, r }];
      });
      if (pairs.length === 0) continue;
      const scale = Math.max(median(pairs.map(({ r }) => r)), 1e-12);
      const wins = pairs.map(({ a, b }) => (a < b ? 1 : a === b ? 0.5 : 0));
      const [regret, theirs] = [mean(pairs.map(({ a }) => a)) / scale, mean(pairs.map(({ b }) => b)) / scale];
      perTask.push({ wins, ours: regret, theirs });
      cells.push({
        ...{ budget, ours, peer, task: task.id, seeds: pairs.length },
        winRate: mean(wins),
        regretOurs: regret,
        regretPeer: theirs,
      });
    }
    if (perTask.length === 0) continue;
    const random = seededRandom(`${peer}/${budget}`);
    const draws = range(10_000)
      .map(() => mean(perTask.map(({ wins }) => mean(wins.map(() => random.pick(wins))))))
      .sort((a, b) => a - b);
    overall.push({
      ...{ budget, ours, peer, tasks: perTask.length, seeds: seedsOf(perTask.map(({ wins }) => wins.length)) },
      winRate: mean(perTask.map(({ wins }) => mean(wins))),
      low: draws[249],
      high: draws[9749],
      meanRegretOurs: mean(perTask.map(({ ours }) => ours)),
      meanRegretPeer: mean(perTask.map(({ theirs }) => theirs)),
      regretRatio: mean(perTask.map(({ ours }) => ours)) / mean(perTask.map(({ theirs }) => theirs)),
    });
  }
}

const show = (value: unknown): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(3))) : String(value);
function table(rows: Record<string, unknown>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => `| ${columns.map((column) => show(row[column])).join(' | ')} |`);
  return [`| ${columns.join(' | ')} |`, `|${columns.map(() => ' --- |').join('')}`, ...lines].join('\n');
}
const text = [
  '# GV-10: variable_search against peers and random',
  '',
  'Written by `node bench/search/gv10-report.ts` from the runs in `gv10/`. The goal: at 50 trials a win rate of at least 0.6',
  'with its interval above 0.5, and a mean normalised regret of at most 0.8 of the better Optuna TPE. Every task is below,',
  'losses too; the tabular task is three tables, and `lm_replay` a task for each one that is recorded whole. Slow peers have',
  'fewer seeds, and a comparison takes the seeds that both have; `by8` are searches with eight trials at the same time.',
  '',
  `The two Optuna TPE settings gave the same runs on: ${shared.join(', ') || 'no task'}; there the runs of one stand for both.`,
  '',
  '## Overall',
  '',
  table(overall),
  '',
  '## By task, 50 trials',
  '',
  table(cells.filter(({ budget }) => budget === 50)),
  '',
].join('\n');
writeFileSync(here('results/gv10.md'), text);
writeFileSync(
  here('results/gv10.json'),
  `${JSON.stringify({ node: process.version, shared, overall, cells }, null, 1)}\n`,
);
console.log(text);

/** How many seeds the tasks have: `30`, or `4-30` where they differ. */
function seedsOf(counts: readonly number[]): string {
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  return low === high ? String(low) : `${low}-${high}`;
}
function range(count: number): number[] {
  return Array.from({ length: count }, (_, k) => k);
}
function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}
function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}
