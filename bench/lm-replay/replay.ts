import { existsSync, readFileSync } from 'node:fs';
import type { ExampleOutcome } from '#lib/optimizer/spec';
import type { Assignment } from '#lib/variable/variable';
import {
  type Configuration,
  configurationName,
  configurationOf,
  type GridVariable,
  gridOf,
  gridVariables,
  MODULES,
  type Module,
} from './grid.ts';
import { type RecordedLine, readLines } from './table.ts';
import { type ReplayedTask, replayedTask, type Split, TASK_NAMES } from './tasks.ts';

/** A task with everything the model once did on it. */
export interface Replay {
  task: ReplayedTask;
  /** Those that are recorded: all, or where only one kind of module is recorded whole, half of them. */
  configurations: Configuration[];
  /** The dimensions they span. */
  variables: GridVariable[];
  whole: boolean;
  /** What one run came to; throws for what was not recorded. `index` counts the examples of the split. */
  run(assignment: Assignment, index: number): Omit<ExampleOutcome, 'exampleId'>;
  /** Means over a split. */
  means(assignment: Assignment): { quality: number; tokens: number; nanoUsd: number; ms: number };
}

/** What tokens are taken to cost: a price of small hosted models, in nano-USD. The embedded model itself is free. */
export const PRICE = { input: 150, output: 600 };

const RECORDED = new URL('recorded/', import.meta.url);

/** The lines recorded of a split so far, by configuration; of a configuration recorded twice the first. */
export function recordedLines(name: string, split: Split): Map<string, RecordedLine> {
  const path = new URL(`${name}.jsonl`, RECORDED);
  const lines = existsSync(path) ? readLines(readFileSync(path, 'utf8')) : [];
  const found = new Map<string, RecordedLine>();
  for (const line of lines)
    if (line.split === split && !found.has(line.configuration)) found.set(line.configuration, line);
  return found;
}

/** The kinds of module of which every configuration has been run on the whole split. */
function recordedModules(name: string, split: Split): Module[] {
  const lines = recordedLines(name, split);
  const all = gridOf(replayedTask(name));
  return MODULES.filter((module) => all.every((one) => one.module !== module || lines.has(configurationName(one))));
}

/** Has every configuration of the task been run on the whole split? */
export const isRecorded = (name: string, split: Split = 'validation'): boolean =>
  recordedModules(name, split).length === MODULES.length;

/** Every task that searches can run on, the last one perhaps with one kind of module only. */
export const openReplays = (): Replay[] =>
  TASK_NAMES.filter((name) => recordedModules(name, 'validation').length > 0).map((name) => openReplay(name));

export function openReplay(name: string, split: Split = 'validation'): Replay {
  const task = replayedTask(name);
  const lines = recordedLines(name, split);
  const run: Replay['run'] = (assignment, index) => {
    const wanted = configurationName(configurationOf(assignment));
    const line = lines.get(wanted);
    const [input, output, latencyMs] = [line?.input[index], line?.output[index], line?.ms[index]];
    if (line === undefined || input === undefined || output === undefined || latencyMs === undefined)
      throw new Error(`${name} has no recording of ${wanted} on ${split} example ${index}`);
    return {
      score: line.scores[index] === '1' ? 1 : 0,
      costNanoUsd: PRICE.input * input + PRICE.output * output,
      tokens: input + output,
      latencyMs,
    };
  };
  const means: Replay['means'] = (assignment) =>
    meansOf(task.examples[split].map((_, index) => run(assignment, index)));
  const modules = recordedModules(name, split);
  return {
    ...{ task, run, means },
    configurations: gridOf(task).filter(({ module }) => modules.includes(module)),
    variables: gridVariables(task).filter((one) => one.name !== 'module' || modules.length > 1),
    whole: modules.length === MODULES.length,
  };
}

export const assignmentOf = (one: Configuration): Assignment => ({ ...one, temperature: String(one.temperature) });

/** The same replay, its validation split these examples of it only. */
export function onExamples(replay: Replay, places: readonly number[]): Replay {
  const { task } = replay;
  const validation = places.flatMap((place) => task.examples.validation[place] ?? []);
  const run: Replay['run'] = (assignment, index) => replay.run(assignment, places[index] ?? -1);
  return {
    ...replay,
    task: { ...task, examples: { ...task.examples, validation } },
    run,
    means: (assignment) => meansOf(places.map((_, index) => run(assignment, index))),
  };
}

function meansOf(runs: readonly ReturnType<Replay['run']>[]): ReturnType<Replay['means']> {
  const mean = (of: (one: (typeof runs)[number]) => number) =>
    runs.reduce((sum, one) => sum + of(one), 0) / runs.length;
  return {
    quality: mean(({ score }) => score ?? 0),
    tokens: mean(({ tokens }) => tokens),
    nanoUsd: mean(({ costNanoUsd }) => costNanoUsd ?? 0),
    ms: mean(({ latencyMs }) => latencyMs),
  };
}
