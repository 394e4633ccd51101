// node bench/embedded/run.ts [--from chat|xml] [--data DIR] [--seeds 5] [--until HH:MM] [--only ours|MIPROv2|GEPA] [--write]
// Searches on the embedded model, and what their winners do on test texts, live through the product. Seed by seed, every piece
// is kept in the data folder as it comes, so a run that was cut off goes on where it stood; no new piece begins after
// `--until`. report.ts reads what there is.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { JsonObject } from '#lib/base/json';
import { type Configuration, configurationName } from '../lm-replay/grid.ts';
import { openReplays, type Replay } from '../lm-replay/replay.ts';
import { fromAdapter, ours, SCOPES, type Scope, startOf } from './ours.ts';
import { type Outcome, openProduct } from './product.ts';
import { learnable, programOf } from './programs.ts';
import { type Piece, reported } from './report.ts';

const { values: options } = parseArgs({
  options: {
    from: { type: 'string', default: 'chat' },
    data: { type: 'string', default: '.dspex/bench-embedded' },
    seeds: { type: 'string', default: '5' },
    until: { type: 'string' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

const from = fromAdapter(options.from);

/** DSPy's own, sized so that a run takes minutes on two cores; both propose with the model they optimize for. */
const PEERS: Record<string, JsonObject> = {
  MIPROv2: {
    optimizer: 'MIPROv2',
    settings: { auto: null, num_candidates: 3, max_bootstrapped_demos: 3, max_labeled_demos: 4, num_threads: 2 },
    compile: { num_trials: 6, minibatch_size: 35, program_aware_proposer: false, data_aware_proposer: false },
    turn_seconds: 840,
  },
  GEPA: {
    optimizer: 'GEPA',
    settings: { max_metric_calls: 240, reflection_minibatch_size: 3, num_threads: 2 },
    turn_seconds: 840,
  },
};

mkdirSync(options.data, { recursive: true });
const kept = join(options.data, `pieces-${from}.json`);
const pieces: Piece[] = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : [];
const known = (task: string, seed: number, method: string): Piece | undefined =>
  pieces.find((one) => one.task === task && one.seed === seed && one.method === method);
const keep = (piece: Piece): void => {
  pieces.push(piece);
  writeFileSync(kept, JSON.stringify(pieces));
  const right = piece.test.reduce((sum, { score }) => sum + (score ?? 0), 0);
  console.log(new Date().toISOString().slice(11, 19), piece.seed, piece.task, piece.method, piece.tokens, right);
};
const late = (): boolean => {
  const { until } = options;
  return until !== undefined && new Date().toTimeString().slice(0, 5) >= until;
};

const product = await openProduct(options.data);
const measured = new Map<string, Outcome[]>();
/** A configuration's test outcomes, asked of the product once. */
async function tested(replay: Replay, data: string, one: Configuration): Promise<Outcome[]> {
  const name = `${replay.task.name}-${configurationName(one)}`.replaceAll(/[^a-z0-9]+/gu, '-');
  const outcomes =
    measured.get(name) ??
    pieces.find((piece) => isWhole(replay, piece) && sameAs(piece.configuration, one))?.test ??
    (await (async () => {
      const { id, version } = await product.publish(name, programOf(replay.task, one));
      return product.evaluate(replay.task, data, id, version);
    })());
  measured.set(name, outcomes);
  return outcomes;
}
const isWhole = ({ task: { name, examples } }: Replay, { task, test }: Piece): boolean =>
  task === name && test.length === examples.test.length;
const sameAs = (a: Configuration | undefined, b: Configuration): boolean =>
  a !== undefined && configurationName(a) === configurationName(b);

const replays = openReplays();
const data = new Map<string, string>();
for (const { task } of replays) data.set(task.name, await product.dataset(task));

async function oursFor(replay: Replay, seed: number): Promise<void> {
  const { name } = replay.task;
  const dataset = data.get(name) ?? '';
  const start = startOf(replay, from);
  if (known(name, 0, 'start') === undefined)
    keep({
      ...{ task: name, seed: 0, method: 'start', tokens: 0 },
      configuration: start,
      test: await tested(replay, dataset, start),
    });
  const searches: [string, Scope, { runs?: number; tokens?: number }][] = [
    // To their own end: a family's after a few hundred runs, the joint one after thousands.
    ...(Object.keys(SCOPES) as Scope[]).map((scope): [string, Scope, object] => [scope, scope, {}]),
    ['joint, 480 runs', 'joint', { runs: 480 }],
  ];
  for (const peer of Object.keys(PEERS)) {
    const tokens = known(name, seed, peer)?.tokens;
    if (tokens !== undefined) searches.push([`joint at half of ${peer}`, 'joint', { tokens: tokens / 2 }]);
  }
  for (const [method, scope, budget] of searches) {
    if (late() || known(name, seed, method) !== undefined) continue;
    const { configuration, tokens } = await ours(replay, from, scope, seed, budget);
    keep({
      ...{ task: name, seed, method, tokens: Math.round(tokens), configuration },
      test: await tested(replay, dataset, configuration),
    });
  }
}

async function peerFor(replay: Replay, seed: number, peer: string): Promise<void> {
  const { task } = replay;
  if (late() || known(task.name, seed, peer) !== undefined) return;
  const dataset = data.get(task.name) ?? '';
  const program = await product.publish(`${task.name}-${from}-${peer}-${seed}`, learnable(task, startOf(replay, from)));
  const found = await product.compile(task, dataset, program, PEERS[peer] ?? {}, seed);
  if (found.state !== 'completed') {
    console.error(`${peer} on ${task.name}, seed ${seed}: ${found.state}: ${found.reason}`);
    return;
  }
  const test = await product.evaluate(task, dataset, found.programId, found.version);
  keep({ task: task.name, seed, method: peer, tokens: found.tokens, found, test });
}

// A test split that has grown since: winners are measured again, not looked for again.
for (const replay of replays)
  for (const piece of pieces.filter((one) => one.task === replay.task.name && !isWhole(replay, one))) {
    const { found, configuration = startOf(replay, from) } = piece;
    const dataset = data.get(piece.task) ?? '';
    pieces.splice(pieces.indexOf(piece), 1);
    const measure = async (assignment: JsonObject): Promise<Outcome[]> => {
      const source = learnable(replay.task, startOf(replay, from), assignment);
      const { id, version } = await product.publish(
        `${piece.task}-${from}-${piece.method}-${piece.seed}-again`,
        source,
      );
      return product.evaluate(replay.task, dataset, id, version);
    };
    const test = found === undefined ? await tested(replay, dataset, configuration) : await measure(found.assignment);
    keep({ ...piece, test });
  }

const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed + 1);
for (const seed of seeds) for (const replay of replays) await oursFor(replay, seed);
const peers = Object.keys(PEERS).filter((peer) => options.only === undefined || options.only === peer);
for (const seed of seeds) {
  // One at a time: the model answers two calls at once.
  for (const peer of peers) for (const replay of replays) await peerFor(replay, seed, peer);
  for (const replay of replays) await oursFor(replay, seed);
}
const report = reported(pieces);
/** As the results keep it: one character a test text, in the order of the texts. */
const brief = ({ test, ...piece }: Piece): string => {
  const told = test.toSorted((a, b) => Number(a.exampleId.slice(1)) - Number(b.exampleId.slice(1)));
  return JSON.stringify({ ...piece, test: told.map(({ score }) => score ?? '-').join('') });
};
console.log(JSON.stringify(report, null, 1));
if (options.write)
  writeFileSync(
    join(import.meta.dirname, `results/from-${from}.json`),
    `{"peers": ${JSON.stringify(PEERS)},\n"report": ${JSON.stringify(report, null, 1)},\n"pieces": [\n${pieces.map(brief).join(',\n')}\n]}\n`,
  );
await product.close();
process.exit(0);
