// node bench/search/gv10.ts [--samplers a,b] [--seeds 30] [--trials 200] [--tasks x,y]
// Samplers: variable_search, random, optuna_{tpe,tpe_multivariate_group,nsga2,gp}, smac, traigent, and variable_search_by8,
// optuna_tpe_by8 with eight trials at the same time.
// Runs suite GV-10, a line a search into results/gv10/SAMPLER.jsonl. Resumable: what stands there is not run again.
// Seeds are the outer loop, so a bench that was stopped has whole seeds. Peers need `setup-peers.mjs` first.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Peer } from './peers/bridge.ts';
import { ownSampler, peerSampler, recommended, type Sampler } from './samplers.ts';
import { suite } from './suite.ts';

const { values: options } = parseArgs({
  options: {
    samplers: { type: 'string', default: 'variable_search,random,optuna_tpe,optuna_tpe_multivariate_group' },
    seeds: { type: 'string', default: '30' },
    trials: { type: 'string', default: '200' },
    tasks: { type: 'string' },
    results: { type: 'string', default: fileURLToPath(new URL('results/gv10', import.meta.url)) },
  },
});
const [seeds, trials] = [Number(options.seeds), Number(options.trials)];
const venv = fileURLToPath(new URL('peers/.venv', import.meta.url));
const script = (name: string): string => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
const tables = `${venv}/tables`;
const tasks = suite(existsSync(tables) ? tables : undefined).filter(
  ({ id }) => options.tasks === undefined || options.tasks.split(',').includes(id),
);
mkdirSync(options.results, { recursive: true });

const peers: Peer[] = [];
/** Peers by what their names begin with: the environment and the script they run in. */
const PEERS: [string, string, string][] = [
  ['optuna_gp', `${venv}/gp/bin/python`, 'optuna_peer.py'],
  ['optuna', `${venv}/bin/python`, 'optuna_peer.py'],
  ['smac', `${venv}/smac/bin/python`, 'smac_peer.py'],
  ['traigent', `${venv}/traigent/bin/python`, 'traigent_peer.py'],
];
function samplerNamed(name: string): Sampler {
  const parallel = name.endsWith('_by8') ? 8 : 1;
  const known = PEERS.find(([begin]) => name.startsWith(begin));
  if (known === undefined) return ownSampler(name.replace(/_by8$/, ''), parallel);
  const [, python, file] = known;
  if (!existsSync(python)) throw new Error(`${name} has no environment at ${python}: run setup-peers.mjs`);
  const peer = new Peer(python, script(file));
  peers.push(peer);
  return peerSampler(peer, name, parallel);
}

const done = new Set<string>();
const samplers = options.samplers.split(',').map((name) => {
  const file = `${options.results}/${name}.jsonl`;
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const row = JSON.parse(line) as { task: string; seed: number; trials: number };
      // A shorter search of before is run again; what is read counts the later line.
      if (row.trials >= trials) done.add(`${name}/${row.task}/${row.seed}`);
    }
  }
  return { name, file, sampler: samplerNamed(name) };
});
for (let seed = 0; seed < seeds; seed++) {
  for (const task of tasks) {
    for (const { name, file, sampler } of samplers) {
      if (done.has(`${name}/${task.id}/${seed}`)) continue;
      const assignments = await sampler(task, seed, trials);
      const steps = recommended(task, seed, assignments);
      const row = { task: task.id, seed, trials: assignments.length, steps };
      appendFileSync(file, `${JSON.stringify(row)}\n`);
    }
  }
  console.log(`seed ${seed} done`);
}
for (const peer of peers) peer.close();
