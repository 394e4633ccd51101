// What the engine itself costs: a run with a model that answers at once, no journal unless named.
// `node bench/engine/run.ts` writes results/engine.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import type { EngineDeps, RunOptions } from '#lib/engine/engine';
import { memoryJournal } from '#lib/engine/journal';
import { runProgram } from '#lib/engine/run';
import type { ModuleSpec } from '#lib/module/spec';
import { configure } from '#lib/program/configure';
import { compileExpression } from '#lib/program/expression';
import type { Graph } from '#lib/program/graph';
import type { Node } from '#lib/program/node';
import { parseSignature } from '#lib/signature/parse';

const ROUNDS = Number(process.env.ROUNDS ?? 15);
const RUNS = 5000;

const module: ModuleSpec = {
  type: 'predict',
  implementation: 'native',
  signature: parseSignature('question -> answer'),
  demos: [],
  config: {},
};
const outcome = { outputs: { answer: 'a' }, calls: [], implementation: 'native' as const };
const deps: EngineDeps = { runModule: async () => outcome };

function chain(length: number, expression: (before: string) => string): Graph {
  const nodes = Array.from({ length }, (_, i): Node => {
    const question = i === 0 ? 'input.question' : expression(`nodes.n${i - 1}.answer`);
    return { id: `n${i}`, kind: 'module', module: 'm', inputs: { question } };
  });
  return { name: 'chain', input: { question: 'str' }, output: { answer: `nodes.n${length - 1}.answer` }, nodes };
}
const same = (path: string): string => path;

interface Question {
  name: string;
  graph: Graph;
  runs: number;
  deps?: EngineDeps;
  options?: RunOptions;
  journal?: boolean;
}
const controller = new AbortController();
const questions: Question[] = [
  { name: 'one Predict', graph: chain(1, same), runs: RUNS },
  { name: 'one Predict, with a signal', graph: chain(1, same), runs: RUNS, options: { signal: controller.signal } },
  {
    name: 'one Predict, with a signal and pruning',
    graph: chain(1, same),
    runs: RUNS,
    options: { signal: controller.signal, outputs: ['answer'] },
  },
  { name: 'one Predict, memory journal', graph: chain(1, same), runs: RUNS, journal: true },
  { name: 'ten Predicts in a row', graph: chain(10, same), runs: RUNS / 10 },
  {
    name: 'ten Predicts in a row, JSONata between',
    graph: chain(10, (path) => `$uppercase(${path})`),
    runs: RUNS / 10,
  },
];

// Processor time of all threads, garbage collection included: wall time on a shared machine measures the neighbours.
function cpuMicroseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}
const medians = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++)
  for (const question of questions) {
    const program = await configure(
      { graph: question.graph, modules: { m: module }, variables: [], bindings: [], constraints: [], lms: {} },
      {},
    );
    const started = process.cpuUsage();
    for (let i = 0; i < question.runs; i++) {
      const world = question.journal === true ? { ...deps, journal: memoryJournal() } : deps;
      await runProgram(program, { question: 'q' }, world, question.options ?? {});
    }
    const microseconds = cpuMicroseconds(started) / question.runs;
    // The first round warms up.
    const values = medians.get(question.name) ?? [];
    if (round > 0) values.push(microseconds);
    medians.set(question.name, values);
  }

const path = compileExpression('nodes.answer.answer');
const scope = { input: {}, nodes: { answer: { answer: 'a' } } };
const pathStarted = process.cpuUsage();
for (let i = 0; i < 1_000_000; i++) path.evaluate(scope);
const pathMicroseconds = cpuMicroseconds(pathStarted) / 1e6;
const jsonata = compileExpression('nodes.answer.answer & "!"');
const jsonataStarted = process.cpuUsage();
for (let i = 0; i < 5000; i++) await jsonata.evaluate(scope);
const jsonataMicroseconds = cpuMicroseconds(jsonataStarted) / 5000;

const quantile = (values: readonly number[], share: number): number =>
  Math.round((values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0) * 100) / 100;
const results = [...medians].map(([name, values]) => ({
  name,
  cpuMicrosecondsPerRun: { median: quantile(values, 0.5), best: quantile(values, 0), p90: quantile(values, 0.9) },
}));
const report = {
  question: 'What does the engine itself cost, per run, when the model answers at once?',
  target: { 'one Predict': 20 },
  node: process.version,
  cpu: cpus()[0]?.model,
  load: loadavg()[0],
  rounds: ROUNDS - 1,
  results,
  expressionCpuMicroseconds: {
    plainPath: Math.round(pathMicroseconds * 1000) / 1000,
    jsonata: Math.round(jsonataMicroseconds * 10) / 10,
  },
};
console.table(results.map(({ name, cpuMicrosecondsPerRun }) => ({ name, ...cpuMicrosecondsPerRun })));
console.log(report.expressionCpuMicroseconds);
mkdirSync(join(import.meta.dirname, 'results'), { recursive: true });
writeFileSync(join(import.meta.dirname, 'results', 'engine.json'), `${JSON.stringify(report, null, 2)}\n`);
