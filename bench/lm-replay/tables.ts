// node bench/lm-replay/tables.ts
// Prints the tables of README.md from results/ and from what is recorded.
import { readFileSync } from 'node:fs';
import { head, line } from '../markdown.ts';
import { gridOf } from './grid.ts';
import { openReplays, recordedLines } from './replay.ts';
import { untuned } from './search.ts';

interface Ratio {
  ratio: number;
  interval: [number, number];
}
interface Row {
  ours: string;
  oursOver: string;
  miproOver: string;
  miproQuality: number;
  miproRunsUntilFound: number;
  miproRunsInAll: number;
  ourRuns: number;
  reached: number;
  untilFound: Ratio;
  inAll: Ratio;
}
interface Cost {
  task: string;
  start: string;
  cost: string;
  single: string;
  quality: number;
  singleCost: number;
  jointCost: number;
  jointQuality: number;
  cheaper: number;
  interval: [number, number];
  possible: number;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`results/${name}.json`, import.meta.url), 'utf8'));
const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
const ratio = ({ ratio, interval }: Ratio): string =>
  `${ratio.toFixed(2)} [${interval.map((end) => end.toFixed(2)).join(', ')}]`;
const points = (gain: number, interval: readonly number[]): string =>
  `${(100 * gain).toFixed(1)} [${interval.map((end) => (100 * end).toFixed(1)).join(', ')}]`;

head('task', 'labels', 'recorded on validation', 'chance', 'nobody tuned', 'best of the grid');
for (const replay of openReplays()) {
  const { task, configurations, means } = replay;
  const best = Math.max(
    ...configurations.map((one) => means({ ...one, temperature: String(one.temperature) }).quality),
  );
  const programs = `${recordedLines(task.name, 'validation').size} of ${gridOf(task).length} programs`;
  line([
    ...[task.name, task.labels.join(', '), programs, percent(1 / task.labels.length)],
    ...[percent(means(untuned(replay)).quality), percent(best)],
  ]);
}

const evaluations = read('evaluations') as Record<string, { rows?: Row[] }>;
head(
  'task',
  'ours',
  'over; MIPROv2 over',
  'its score',
  'its runs: found, in all',
  'our runs',
  'arrived',
  'found',
  'in all',
);
for (const [task, { rows = [] }] of Object.entries(evaluations))
  for (const row of rows) {
    // Over all against over two of them: only of what is proposed. The others are in the results.
    if (row.oursOver !== row.miproOver && !row.ours.endsWith('minibatches')) continue;
    line([
      ...[
        task,
        row.ours.replace('variable_search, ', ''),
        `${row.oursOver}; ${row.miproOver}`,
        percent(row.miproQuality),
      ],
      ...[`${row.miproRunsUntilFound}, ${row.miproRunsInAll}`, row.ourRuns, `${row.reached}/30`],
      ...[ratio(row.untilFound), ratio(row.inAll)],
    ]);
  }

const UNITS: Record<string, string> = { nanoUsd: 'nano-USD', tokens: 'tokens', ms: 'ms' };
head('task', 'start', 'cost', 'best family', 'its quality', 'its cost', 'joint: cost, quality', 'cheaper', 'possible');
for (const row of (read('equal-quality') as { rows: Cost[] }).rows)
  line([
    ...[row.task, row.start, UNITS[row.cost] ?? row.cost, row.single, percent(row.quality), row.singleCost.toFixed(0)],
    `${row.jointCost.toFixed(0)}, ${percent(row.jointQuality)}`,
    ...[ratio({ ratio: row.cheaper, interval: row.interval }), row.possible.toFixed(2)],
  ]);

head('start', 'cost', 'best module', 'its quality', 'its cost', 'joint: cost, quality', 'cheaper');
for (const row of (read('modules') as { rows: Cost[] }).rows)
  line([
    ...[row.start, UNITS[row.cost] ?? row.cost, row.single, percent(row.quality), row.singleCost.toFixed(0)],
    `${row.jointCost.toFixed(0)}, ${percent(row.jointQuality)}`,
    ratio({ ratio: row.cheaper, interval: row.interval }),
  ]);

interface Held {
  task: string;
  search: string;
  seen: number;
  start: number;
  measured: number;
  believed: number;
  gain: number;
  interval: [number, number];
}
head('task', 'search', 'seen', 'nobody tuned', 'best measured', 'best believed', 'gain, points');
for (const row of (read('held-out') as { rows: Held[] }).rows)
  line([
    ...[row.task, row.search, row.seen, percent(row.start), percent(row.measured), percent(row.believed)],
    points(row.gain, row.interval),
  ]);

interface Family {
  adapter: string;
  task: string;
  family: string;
  quality?: number;
  joint?: number;
  gain: number;
  interval: [number, number];
}
head('from', 'task', 'family', 'alone', 'joint', 'gain, points');
for (const { adapter, task, family, quality, joint, gain, interval } of (read('families') as { rows: Family[] }).rows)
  line([
    ...[
      adapter,
      task,
      family,
      quality === undefined ? '' : percent(quality),
      joint === undefined ? '' : percent(joint),
    ],
    points(gain, interval),
  ]);
