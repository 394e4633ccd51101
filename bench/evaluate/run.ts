// node bench/evaluate/run.ts [--write]: evaluate() over a model that answers after 50 ms, against the ideal of
// concurrency / 50 ms, and its own cost per example over a model that answers at once.
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Example } from '#lib/dataset/example';
import { evaluate } from '#lib/evaluate/evaluate';
import type { ExampleRun } from '#lib/evaluate/report';
import { scoreFunction } from '#lib/metric/score';

const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const LATENCY_MS = 50;
const score = scoreFunction({ kind: 'exact_match', output: 'answer' });
const examplesOf = (count: number): Example[] =>
  Array.from({ length: count }, (_, n) => ({ id: `e${n}`, inputs: { n }, labels: { answer: 'yes' } }));
const answer: ExampleRun = {
  outputs: { answer: 'Yes.' },
  calls: 1,
  inputTokens: 100,
  outputTokens: 5,
  costNanoUsd: 1000,
  spentNanoUsd: 1000,
  latencyMs: LATENCY_MS,
};

const rows: { concurrency: number; examples: number; perSecond: number; ideal: number; share: number }[] = [];
await evaluate({ examples: examplesOf(2000), concurrency: 64, score, run: async () => answer });
for (const concurrency of [1, 8, 64, 256]) {
  const examples = examplesOf(concurrency * (concurrency === 1 ? 20 : 40));
  const start = performance.now();
  const run = async (): Promise<ExampleRun> => {
    await sleep(LATENCY_MS);
    return answer;
  };
  await evaluate({ examples, concurrency, score, run });
  const perSecond = examples.length / ((performance.now() - start) / 1000);
  const ideal = (concurrency * 1000) / LATENCY_MS;
  rows.push({ concurrency, examples: examples.length, perSecond, ideal, share: perSecond / ideal });
}
console.table(rows);

const overhead: { examples: number; microsecondsPerExample: number }[] = [];
for (const count of [10_000, 100_000]) {
  const examples = examplesOf(count);
  const start = performance.now();
  await evaluate({ examples, concurrency: 256, score, run: async () => answer });
  overhead.push({ examples: count, microsecondsPerExample: ((performance.now() - start) * 1000) / count });
}
console.table(overhead);
if (options.write) {
  const result = { node: process.version, latencyMs: LATENCY_MS, rows, overhead };
  writeFileSync(new URL('results/concurrency.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
}
