// node bench/embedded/tables.ts
// Prints the tables of README.md from results/, for each program that searches begin with; the last one of each is over the
// first 42 test texts only.
import { readFileSync } from 'node:fs';
import { ADAPTERS } from '../lm-replay/grid.ts';
import { head, line } from '../markdown.ts';
import { type Piece, reported } from './report.ts';

type Report = ReturnType<typeof reported>;
interface Results {
  report: Report;
  pieces: (Omit<Piece, 'test'> & { test: string })[];
}
const percent = (value: number): string => (100 * value).toFixed(1);

function methods({ table, tokens }: Report): void {
  head('method', ...table.map(({ task }) => `${task}, % right by seed`), 'tokens of its search');
  for (const [method, mean] of Object.entries(tokens))
    line([
      method,
      ...table.map((row) =>
        ((row as unknown as Record<string, number[]>)[method] ?? []).map((score) => Math.round(100 * score)).join(' '),
      ),
      mean,
    ]);
}

function differences({ comparisons }: Report): void {
  head('than', 'ours', 'tasks', 'difference, points');
  for (const { than, ours, tasks: over, difference, interval } of comparisons)
    line([
      ...[than, ours, over.includes(',') ? 'all' : over],
      interval === null ? '' : `${percent(difference ?? 0)} [${percent(interval.low)}, ${percent(interval.high)}]`,
    ]);
}

/** The pieces over the first test texts only; a text counts for its task. */
const overFirst = (texts: number, { pieces }: Results): Piece[] =>
  pieces.map((piece) => ({
    ...piece,
    test: [...piece.test.slice(0, texts)].map((score, k) => ({
      exampleId: `${piece.task}${k}`,
      score: Number(score) || 0,
    })),
  }));

for (const from of ADAPTERS) {
  const file = new URL(`results/from-${from}.json`, import.meta.url);
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
  console.log(`\nfrom ${from}`);
  methods(results.report);
  differences(results.report);
  differences(reported(overFirst(42, results)));
}
