// node bench/lm-replay/modules.ts [--seeds 30] [--write]
// What an answer of a whole program costs at equal quality. The program's modules are the recorded tasks, each with five
// variables of its own. Tuned one module at a time: every one of its programs measured, for each module, and the best module
// kept (of equals the cheapest). Against one search over the variables of all modules, told to be at least as good and as
// cheap as it can.
import type { Assignment } from '#lib/variable/variable';
import { asked } from './asked.ts';
import { COSTS, type Cost, jointly, tuned } from './cheaper.ts';
import { round } from './figures.ts';
import { MODULES } from './grid.ts';
import { openReplays, PRICE, type Replay } from './replay.ts';
import { untuned } from './search.ts';

const { seeds, keep } = asked(30);

const named = (replay: Replay, name: string): string => `${replay.task.name}.${name}`;
const partOf = (replay: Replay, whole: Assignment): Assignment =>
  Object.fromEntries(replay.variables.map(({ name }) => [name, whole[named(replay, name)] ?? '']));

/** The tasks as modules of one program: its score is the mean of theirs, its cost their sum. */
function together(replays: readonly [Replay, ...Replay[]]): Replay {
  const [first] = replays;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    task: first.task,
    configurations: [],
    variables: replays.flatMap((replay) => replay.variables.map((one) => ({ ...one, name: named(replay, one.name) }))),
    whole: true,
    run: (whole, index) => {
      const runs = replays.map((replay) => replay.run(partOf(replay, whole), index));
      return {
        score: sum(runs.map(({ score }) => score ?? 0)) / runs.length,
        costNanoUsd: sum(runs.map(({ costNanoUsd }) => costNanoUsd ?? 0)),
        tokens: sum(runs.map(({ tokens }) => tokens)),
        latencyMs: sum(runs.map(({ latencyMs }) => latencyMs)),
      };
    },
    means: (whole) => {
      const means = replays.map((replay) => replay.means(partOf(replay, whole)));
      return {
        quality: sum(means.map(({ quality }) => quality)) / means.length,
        tokens: sum(means.map(({ tokens }) => tokens)),
        nanoUsd: sum(means.map(({ nanoUsd }) => nanoUsd)),
        ms: sum(means.map(({ ms }) => ms)),
      };
    },
  };
}

const [one, ...more] = openReplays().filter(({ whole }) => whole);
if (one === undefined) throw new Error('no task is recorded whole');
const replays = [one, ...more] as const;
const program = together([...replays]);
const report: object[] = [];
for (const module of MODULES)
  for (const cost of Object.keys(COSTS) as Cost[]) {
    const start = Object.fromEntries(
      replays.flatMap((replay) =>
        Object.entries({ ...untuned(replay), module }).map(([name, value]) => [named(replay, name), value]),
      ),
    );
    const modules = replays.map((replay) => {
      const free = replay.variables.map(({ name }) => named(replay, name));
      const [best = start] = tuned(program, start, free, cost);
      return { module: replay.task.name, ...program.means(best) };
    });
    const single = modules.toSorted((a, b) => b.quality - a.quality || a[cost] - b[cost])[0];
    if (single === undefined) continue;
    const { figures } = await jointly(
      ...([program, start, { quality: single.quality, cost, single: single[cost] }] as const),
      { runs: 96 * program.task.examples.validation.length, seeds },
    );
    const before = program.means(start);
    const row = {
      ...{ modules: replays.map(({ task }) => task.name), start: module, cost },
      ...{ startQuality: round(before.quality), startCost: round(before[cost]) },
      ...{ single: single.module, quality: round(single.quality), singleCost: round(single[cost]) },
      ...figures,
    };
    report.push(row);
    console.log(JSON.stringify(row));
  }
keep('modules', { price: PRICE, seeds, rows: report });
