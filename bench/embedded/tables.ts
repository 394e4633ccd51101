// node bench/embedded/tables.ts
// Prints the tables of README.md from results/.
import { readFileSync } from 'node:fs';
import type { reported } from './report.ts';

const { report } = JSON.parse(readFileSync(new URL('results/embedded.json', import.meta.url), 'utf8')) as {
  report: ReturnType<typeof reported>;
};
const percent = (value: number): string => (100 * value).toFixed(1);
const line = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);
const head = (...cells: string[]): void => {
  console.log('');
  line(cells);
  line(cells.map(() => '---'));
};

const tasks = report.table.map(({ task }) => task);
head('method', ...tasks.map((task) => `${task}, % right by seed`), 'tokens of its search');
for (const [method, tokens] of Object.entries(report.tokens))
  line([
    method,
    ...report.table.map((row) =>
      ((row as unknown as Record<string, number[]>)[method] ?? []).map((score) => Math.round(100 * score)).join(' '),
    ),
    tokens,
  ]);

head('than', 'ours', 'tasks', 'difference, points');
for (const { than, ours, tasks: over, difference, interval } of report.comparisons)
  line([
    ...[than, ours, over.includes(',') ? 'all' : over],
    interval === null ? '' : `${percent(difference ?? 0)} [${percent(interval.low)}, ${percent(interval.high)}]`,
  ]);
