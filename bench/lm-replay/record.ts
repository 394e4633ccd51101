// node bench/lm-replay/record.ts --data DIR [--share 0/2] [--passes headlines:validation,...]
//   [--answers FILE]
// Runs every configuration of the grid on every example, on the embedded model, and appends what came of it to
// recorded/<task>.jsonl, a line for each configuration and split: started again, it goes on behind the last line. Several
// processes (`--share k/n`) divide the grid. `--answers` keeps the texts of the model, too.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runModule } from '#lib/module/runtime';
import { type Configuration, configurationName, gridOf, moduleOf } from './grid.ts';
import { openModel } from './model.ts';
import { type RecordedLine, readLines } from './table.ts';
import { type Example, type ReplayedTask, replayedTask, type Split, TASK_NAMES } from './tasks.ts';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    share: { type: 'string', default: '0/1' },
    passes: {
      type: 'string',
      default: ['validation', 'test'].flatMap((split) => TASK_NAMES.map((name) => `${name}:${split}`)).join(','),
    },
    answers: { type: 'string' },
    only: { type: 'string', default: '' },
    to: { type: 'string', default: join(import.meta.dirname, 'recorded') },
  },
});
if (options.data === undefined) throw new Error('wanted --data DIR, where the model is or may be kept');
const [share = 0, shares = 1] = options.share.split('/').map(Number);
const { context, close } = await openModel(options.data, ({ key, text }) => {
  if (options.answers !== undefined) appendFileSync(options.answers, `${JSON.stringify({ key, text })}\n`);
});

/** One run; its score is whether it named the example's label. */
async function runOne(task: ReplayedTask, configuration: Configuration, { text, label }: Example) {
  const outcome = await runModule(moduleOf(task, configuration), { [task.input]: text }, context);
  const answer = String(outcome.outputs?.[task.output] ?? '');
  const sum = (of: 'inputTokens' | 'outputTokens') => outcome.calls.reduce((total, { usage }) => total + usage[of], 0);
  return {
    // -1: no answer that could be read.
    answer: task.labels.indexOf(answer),
    score: answer === label ? 1 : 0,
    input: sum('inputTokens'),
    output: sum('outputTokens'),
    ms: outcome.calls.reduce((total, call) => total + call.durationMs, 0),
  };
}

/** Configurations that differ in the temperature alone, example by example, so that they share its prompt. */
async function recordGroup(task: ReplayedTask, group: readonly Configuration[], split: Split): Promise<RecordedLine[]> {
  const [first] = task.examples[split];
  const [any] = group;
  // Once unrecorded: what the first call of a prompt takes (its prefix, the bias) no later one does.
  if (first !== undefined && any !== undefined) await runOne(task, any, first);
  const runs = group.map((): Awaited<ReturnType<typeof runOne>>[] => []);
  for (const example of task.examples[split])
    for (const [k, configuration] of group.entries()) runs[k]?.push(await runOne(task, configuration, example));
  return group.map((configuration, k) => ({
    configuration: configurationName(configuration),
    split,
    answers: runs[k]?.map(({ answer }) => answer) ?? [],
    scores: runs[k]?.map(({ score }) => score).join('') ?? '',
    input: runs[k]?.map(({ input }) => input) ?? [],
    output: runs[k]?.map(({ output }) => output) ?? [],
    ms: runs[k]?.map(({ ms }) => Math.round(ms)) ?? [],
  }));
}

interface Group {
  task: ReplayedTask;
  path: string;
  split: Split;
  configurations: Configuration[];
}

function groupsOf(name: string, split: Split): Group[] {
  const task = replayedTask(name);
  const path = join(options.to, `${name}.jsonl`);
  const known = new Set(
    (existsSync(path) ? readLines(readFileSync(path, 'utf8')) : [])
      .filter((line) => line.split === split)
      .map(({ configuration }) => configuration),
  );
  const prompts = Map.groupBy(gridOf(task), (one) => configurationName({ ...one, temperature: 0 }));
  return (
    [...prompts.values()]
      // Prompts take turns in adapters, of which one has many more words.
      .filter((_, index) => (index + Math.floor(index / 2)) % shares === share)
      .map((all) => all.filter((one) => !known.has(configurationName(one))))
      .filter((configurations) => configurations.some((one) => configurationName(one).includes(options.only)))
      .map((configurations) => ({ task, path, split, configurations }))
  );
}

const wanted = options.passes.split(',').flatMap((pass) => {
  const [name = '', split = ''] = pass.split(':');
  return groupsOf(name, split as Split);
});
const began = performance.now();
for (const [done, { task, path, configurations, split }] of wanted.entries()) {
  const started = performance.now();
  const lines = await recordGroup(task, configurations, split);
  appendFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const minutes = (performance.now() - began) / 60_000;
  const left = (minutes / (done + 1)) * (wanted.length - done - 1);
  for (const line of lines)
    console.log(
      `${done + 1}/${wanted.length} ${task.name} ${split} ${line.configuration}: ` +
        `${line.scores.split('1').length - 1}/${line.answers.length}, ` +
        `${((performance.now() - started) / lines.length / line.answers.length / 1000).toFixed(2)} s each, ${left.toFixed(0)} min left`,
    );
}
await close();
