/**
 * What each of SIMBA's five moves is worth: on every task, the exact skill of the winner with all moves on and with one
 * of them off, paired over 30 seeds, as the mean difference with a 95% bootstrap interval.
 *   node bench/simba/run.ts [seeds]     writes bench/simba/results.json and prints the table of the README
 * Resumable: what results.json holds is not run again.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { seededRandom } from '#lib/base/random';
import { tasks } from './tasks.ts';
import { solve } from './world.ts';

const MOVES = ['sample', 'initialize', 'mutate', 'bootstrap', 'amplify'] as const;
/** Without `amplify`, but with the runs it takes spent on further steps. */
const CONTROL = 'amplify, more steps';
const COLUMNS = [...MOVES, CONTROL];
const file = new URL('results.json', import.meta.url);
const seeds = Number(process.argv[2] ?? 30);
/** Winner's skill and runs by task, then by the move left out (`none`), then by seed. */
const results: Record<string, Record<string, ([number, number] | null)[]>> = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as typeof results)
  : {};

for (const [own, task] of Object.entries(tasks)) {
  const byMove = results[task.name] ?? {};
  results[task.name] = byMove;
  // The pair that decides first: a run that is cut off has the most important half.
  for (const off of ['none', own, ...COLUMNS.filter((move) => move !== own)]) {
    const skills = byMove[off] ?? [];
    byMove[off] = skills;
    for (let seed = 0; seed < seeds; seed++) {
      if (Array.isArray(skills[seed])) continue;
      const moves = Object.fromEntries(MOVES.map((move) => [move, move !== off]));
      if (off === CONTROL) moves.amplify = false;
      const { skill, runs } = await solve(task, seed, moves, off === CONTROL ? task.stepsAtEqualRuns : task.steps);
      skills[seed] = [Number(skill.toFixed(6)), runs];
    }
    writeFileSync(file, `${JSON.stringify(results)}\n`);
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
function interval(values: readonly number[]): [number, number] {
  const random = seededRandom('interval');
  const means = Array.from({ length: 5000 }, () => mean(values.map(() => random.pick(values)))).sort((a, b) => a - b);
  return [means[125] ?? 0, means[4875] ?? 0];
}

console.log(`| task | all on | ${COLUMNS.map((move) => `without ${move}`).join(' | ')} |`);
console.log(`|---|--:|${COLUMNS.map(() => '--:').join('|')}|`);
const counts: string[] = [];
for (const [own, task] of Object.entries(tasks)) {
  const all = (results[task.name]?.none ?? []).map((one) => one?.[0] ?? 0);
  const cells = COLUMNS.map((move) => {
    const without = (results[task.name]?.[move] ?? []).map((one) => one?.[0] ?? 0);
    const differences = without.map((value, seed) => value - (all[seed] ?? 0));
    if (differences.length === 0) return '';
    const [low, high] = interval(differences);
    const text = `${mean(differences).toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
    return move === own ? `**${text}**` : text;
  });
  const runs = ['none', ...COLUMNS].map((move) => mean((results[task.name]?.[move] ?? []).map((one) => one?.[1] ?? 0)));
  counts.push(`| ${task.name} | ${runs.map((count) => count.toFixed(0)).join(' | ')} |`);
  console.log(`| ${task.name} | ${mean(all).toFixed(3)} | ${cells.join(' | ')} |`);
}
console.log(`\nRuns of the program on an example, mean:\n\n${counts.join('\n')}`);
