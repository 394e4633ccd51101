// node bench/lm-replay/evaluations.ts --python PYTHON [--seeds 30] [--write]
// How many runs on examples it takes to come to what MIPROv2's search stage ends with, on the recorded tasks: DSPy's own
// stage (mipro_stage.py; PYTHON has dspy and optuna) over all dimensions and over its own two, ours over all and over those two.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '#lib/base/random';
import type { Assignment } from '#lib/variable/variable';
import { machine } from '../measure.ts';
import { openReplays, type Replay } from './replay.ts';
import { type ReplaySearch, searchReplay, untuned } from './search.ts';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    seeds: { type: 'string', default: '30' },
    write: { type: 'boolean', default: false },
  },
});
const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed + 1);

/** MIPROv2's spaces: what it would search by itself, and all there is. Trials by its own rule for `auto: light`, 6 candidates. */
const SPACES = { all: ['module', 'adapter', 'instruction', 'demos', 'temperature'], own: ['instruction', 'demos'] };
const trialsOf = (dimensions: number): number => Math.floor(Math.max(2 * dimensions * Math.log2(6), 1.5 * 6));

interface Searched {
  /** Runs until the best so far was first as good as at the end, and in all. */
  found: number;
  total: number;
  quality: number;
}

function miproOn(replays: readonly Replay[]): Map<string, Searched[]> {
  const spaces: Record<string, object> = {};
  for (const replay of replays)
    for (const [space, free] of Object.entries(SPACES)) {
      const dimensions = replay.variables.filter(({ name }) => free.includes(name));
      const scores: Record<string, string> = {};
      const walk = (at: number, assignment: Assignment, key: number[]): void => {
        const dimension = dimensions[at];
        if (dimension === undefined) {
          scores[key.join(',')] = replay.task.examples.validation
            .map((_, index) => replay.run(assignment, index).score)
            .join('');
          return;
        }
        for (const [k, choice] of dimension.choices.entries())
          walk(at + 1, { ...assignment, [dimension.name]: choice }, [...key, k]);
      };
      walk(0, untuned(replay), []);
      spaces[`${replay.task.name}/${space}`] = { dimensions, scores, trials: trialsOf(dimensions.length), seeds };
    }
  const file = join(mkdtempSync(join(tmpdir(), 'mipro-')), 'spaces.json');
  writeFileSync(file, JSON.stringify(spaces));
  const ran = spawnSync(options.python, [join(import.meta.dirname, 'mipro_stage.py'), file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (ran.status !== 0) throw new Error(`${options.python} ended with ${ran.status}: ${ran.stderr}`);
  const found = new Map<string, Searched[]>();
  for (const line of ran.stdout.trim().split('\n')) {
    const { space, evaluations } = JSON.parse(line) as {
      space: string;
      evaluations: { examples: number; full: boolean; score: number }[];
    };
    const quality = Math.max(...evaluations.filter(({ full }) => full).map(({ score }) => score)) / 100;
    let total = 0;
    let first = 0;
    for (const { examples, full, score } of evaluations) {
      total += examples;
      if (full && first === 0 && score / 100 >= quality - 1e-9) first = total;
    }
    found.set(space, [...(found.get(space) ?? []), { found: first, total, quality }]);
  }
  return found;
}

/**
 * Ours go on for as long as they find something new; a seed that ends without having come to what is wanted is counted as
 * if it had gone on to measure the whole grid. The races of the first row and the start of the
 * one without races were chosen on half of the headlines (`predict`), that minibatches begin with 15 on the halves of all three.
 */
const OURS: Record<string, Omit<ReplaySearch, 'seed'>> = {
  'variable_search, minibatches': { strategy: 'variable_search', config: { trials: 96, minibatch: {} } },
  'variable_search, small races': {
    strategy: 'variable_search',
    config: { trials: 96, startup: 4, racing: { firstRung: 15, width: 3 } },
  },
  'variable_search, races as by default': { strategy: 'variable_search', config: { trials: 96, racing: {} } },
  'variable_search, no races, 4 to start with': { strategy: 'variable_search', config: { trials: 96, startup: 4 } },
  'variable_search, no races': { strategy: 'variable_search', config: { trials: 96 } },
  mipro_v2: { strategy: 'mipro_v2', config: { num_candidates: 6, num_trials: 100 } },
  'random, no races': { strategy: 'random', config: { trials: 96 } },
};

async function oursOn(replay: Replay, how: Omit<ReplaySearch, 'seed'>): Promise<{ quality: number; runs: number }[][]> {
  const all: { quality: number; runs: number }[][] = [];
  for (const seed of seeds) {
    const { steps } = await searchReplay(replay, { ...how, seed });
    all.push(steps.map((step) => ({ runs: step.runs, quality: replay.means(step.incumbent).quality })));
  }
  return all;
}

/** Over which dimensions ours and MIPROv2's search. */
const PAIRS = [
  ['all', 'all'],
  ['own', 'own'],
  ['all', 'own'],
] as const;

const programsOf = ({ variables }: Replay, free: readonly string[]): number =>
  variables.reduce((product, { name, choices }) => product * (free.includes(name) ? choices.length : 1), 1);

/** Seeds are paired; the ratio of sums, as a long search costs what it costs, with a bootstrap interval over seeds. */
function ratioOf(theirs: readonly number[], ours: readonly number[]) {
  const of = (places: readonly number[]): number => {
    const sum = (values: readonly number[]) => places.reduce((total, k) => total + (values[k] ?? 0), 0);
    return sum(theirs) / sum(ours);
  };
  const all = theirs.map((_, k) => k);
  const random = seededRandom('ratio');
  const drawn = Array.from({ length: 2000 }, () => of(all.map(() => random.pick(all)))).sort((a, b) => a - b);
  const round = (value: number | undefined) => Number((value ?? Number.NaN).toFixed(2));
  return { ratio: round(of(all)), interval: [round(drawn[49]), round(drawn[1949])] };
}

const middle = (values: readonly number[]): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const replays = openReplays();
const mipro = miproOn(replays);
const report: Record<string, unknown> = { ...machine(), seeds: seeds.length };
for (const replay of replays) {
  const rows: object[] = [];
  for (const [name, how] of Object.entries(OURS)) {
    const over = { all: await oursOn(replay, how), own: await oursOn(replay, { ...how, free: SPACES.own }) };
    for (const [ourSpace, space] of PAIRS) {
      const theirs = mipro.get(`${replay.task.name}/${space}`) ?? [];
      const searches = over[ourSpace];
      const needed = searches.map((steps, k) =>
        steps.find(({ quality }) => quality >= (theirs[k]?.quality ?? 0) - 1e-9),
      );
      const grid = programsOf(replay, SPACES[ourSpace]) * replay.task.examples.validation.length;
      const ours = searches.map((_, k) => needed[k]?.runs ?? grid);
      const row = {
        ...{
          ours: name,
          oursOver: ourSpace,
          miproOver: space,
          miproQuality: Number(mean(theirs.map(({ quality }) => quality)).toFixed(4)),
        },
        miproRunsUntilFound: Math.round(mean(theirs.map(({ found }) => found))),
        miproRunsInAll: Math.round(mean(theirs.map(({ total }) => total))),
        ourRuns: Math.round(mean(ours)),
        medians: { mipro: middle(theirs.map(({ found }) => found)), ours: middle(ours) },
        reached: needed.filter((step) => step !== undefined).length,
        untilFound: ratioOf(
          theirs.map(({ found }) => found),
          ours,
        ),
        inAll: ratioOf(
          theirs.map(({ total }) => total),
          ours,
        ),
      };
      rows.push(row);
      console.log(replay.task.name, JSON.stringify(row));
    }
  }
  const best = Math.max(
    ...replay.configurations.map((one) => replay.means({ ...one, temperature: String(one.temperature) }).quality),
  );
  report[replay.task.name] = {
    programs: replay.configurations.length,
    untuned: replay.means(untuned(replay)).quality,
    best,
    rows,
  };
}
if (options.write)
  writeFileSync(join(import.meta.dirname, 'results/evaluations.json'), `${JSON.stringify(report, null, 1)}\n`);
