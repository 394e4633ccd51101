// node bench/search/gv10.ts [--samplers a,b] [--seeds 30] [--trials 200] [--tasks x,y]
// Runs suite GV-10, a line a search into results/gv10/SAMPLER.jsonl. Resumable: what stands there is not run again.
// Seeds are the outer loop, so a bench that was stopped has whole seeds. Peers need `setup-peers.mjs` first.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Peer } from './peers/bridge.ts';
import { ownSampler, peerSampler, recommended, type Sampler } from './samplers.ts';
import { readTasks } from './tasks.ts';

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
const tasks = readTasks(existsSync(tables) ? tables : undefined).filter(
  ({ id }) => options.tasks === undefined || options.tasks.split(',').includes(id),
);
mkdirSync(options.results, { recursive: true });

const peers: Peer[] = [];
function samplerNamed(name: string): Sampler {
  if (!name.startsWith('optuna') && !name.startsWith('smac')) return ownSampler(name);
  const peer = name.startsWith('smac')
    ? new Peer(`${venv}/bin/python`, script('smac_peer.py'))
    : new Peer(`${venv}/bin/python`, script('optuna_peer.py'));
  peers.push(peer);
  return peerSampler(peer, name);
}

const done = new Set<string>();
const samplers = options.samplers.split(',').map((name) => {
  const file = `${options.results}/${name}.jsonl`;
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const { task, seed } = JSON.parse(line) as { task: string; seed: number };
      done.add(`${name}/${task}/${seed}`);
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
