// node bench/search/dev.ts [--count 4] [--seeds 6] [--trials 50]: variable_search against random on development tasks, by
// family. Settings of the search are chosen here and never on suite.json.
import { parseArgs } from 'node:util';
import type { JsonObject } from '#lib/base/json';
import { searchBlackBox } from '#lib/optimizer/black-box/search';
import { readSpaceFile } from '#lib/optimizer/black-box/space-file';
import { type DevTask, devTasks } from './dev-tasks.ts';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '4' },
    seeds: { type: 'string', default: '6' },
    trials: { type: 'string', default: '50' },
  },
});
const [seeds, trials] = [Number(options.seeds), Number(options.trials)];

function best(task: DevTask, strategy: string, seed: number): number {
  const objectives = [{ name: 'loss', goal: 'minimize' }];
  const box = readSpaceFile({ variables: task.variables as JsonObject[], objectives });
  const search = searchBlackBox(box, { strategy, seed, trials });
  for (;;) {
    const asked = search.ask();
    if (asked === null || asked === 'waiting') return search.outcome().best?.objectives.loss ?? Number.NaN;
    search.tell(asked.trial, { objectives: { loss: task.evaluate(asked.assignment, asked.trial) } });
  }
}

const families = new Map<string, { wins: number; games: number }>();
for (const task of devTasks(Number(options.count))) {
  const family = task.id.replace(/\d+$/, '');
  const total = families.get(family) ?? { wins: 0, games: 0 };
  for (let seed = 0; seed < seeds; seed++) {
    const [ours, random] = [best(task, 'variable_search', seed), best(task, 'random', seed + 1000)];
    total.wins += ours < random ? 1 : ours === random ? 0.5 : 0;
    total.games++;
  }
  families.set(family, total);
}
console.table([...families].map(([family, { wins, games }]) => ({ family, games, winRate: wins / games })));
