// node bench/search/twin.ts: do formulas.ts and peers/formulas.py agree on 1,000 random points a task, to 1e-12?
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '#lib/base/random';
import { dimensionsOf } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import { formulas, knapsackUse } from './formulas.ts';
import { readTasks } from './tasks.ts';

const POINTS = 1000;
const python = spawn('python3', [fileURLToPath(new URL('peers/formulas.py', import.meta.url))]);
python.stderr.pipe(process.stderr);
const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
let worst = 0;
for (const { id, box } of readTasks()) {
  const formula = id === 'noisy_minibatch' ? 'shared_program' : id.replace(/_(10|8)$/, '');
  const dimensions = dimensionsOf(box.space);
  const random = seededRandom(`twin/${id}`);
  for (let k = 0; k < POINTS; k++) {
    const assignment = sample(dimensions, random);
    python.stdin.write(`${JSON.stringify({ formula, assignment })}\n`);
    const { value } = await lines.next();
    const theirs = JSON.parse(String(value)) as number[];
    const ours = [formulas[formula]?.(assignment) ?? Number.NaN];
    if (id === 'knapsack') ours.push(...Object.values(knapsackUse(assignment)));
    for (const [place, value] of ours.entries()) {
      const off = Math.abs(value - (theirs[place] as number)) / Math.max(1, Math.abs(value));
      if (!(off <= 1e-12))
        throw new Error(`${id}: ${value} here, ${theirs[place]} there, for ${JSON.stringify(assignment)}`);
      worst = Math.max(worst, off);
    }
  }
  console.log(`${id}: ${POINTS} points agree`);
}
python.stdin.end();
console.log(`largest relative difference ${worst}`);
