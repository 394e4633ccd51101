// node bench/embedded/tables.ts
// Prints the tables of README.md from results/; the last one is over the first 42 test texts only.
import { readFileSync } from 'node:fs';
import { head, line } from '../markdown.ts';
import { type Piece, reported } from './report.ts';

type Report = ReturnType<typeof reported>;
const { report, pieces } = JSON.parse(readFileSync(new URL('results/embedded.json', import.meta.url), 'utf8')) as {
  report: Report;
  pieces: (Omit<Piece, 'test'> & { test: string })[];
};
const percent = (value: number): string => (100 * value).toFixed(1);

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

function differences({ comparisons }: Report): void {
  head('than', 'ours', 'tasks', 'difference, points');
  for (const { than, ours, tasks: over, difference, interval } of comparisons)
    line([
      ...[than, ours, over.includes(',') ? 'all' : over],
      interval === null ? '' : `${percent(difference ?? 0)} [${percent(interval.low)}, ${percent(interval.high)}]`,
    ]);
}
differences(report);

// A text counts for its task.
const first = pieces.map((piece) => ({
  ...piece,
  test: [...piece.test.slice(0, 42)].map((score, k) => ({ exampleId: `${piece.task}${k}`, score: Number(score) || 0 })),
}));
differences(reported(first));
