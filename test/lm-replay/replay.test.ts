import { describe, expect, it } from 'vitest';
import { configurationName, gridOf, moduleOf } from '../../bench/lm-replay/grid.ts';
import {
  assignmentOf,
  isRecorded,
  openReplay,
  openReplays,
  PRICE,
  recordedLines,
} from '../../bench/lm-replay/replay.ts';
import { searchReplay, untuned } from '../../bench/lm-replay/search.ts';
import { readLines } from '../../bench/lm-replay/table.ts';
import { replayTasks } from '../../bench/lm-replay/task.ts';
import { replayedTask, TASK_NAMES } from '../../bench/lm-replay/tasks.ts';

const recorded = TASK_NAMES.filter((name) => isRecorded(name));

describe.each(TASK_NAMES)('the task %s', (name) => {
  const task = replayedTask(name);

  it('is a grid of at least 96 programs, each another, over at least 60 examples', () => {
    const names = gridOf(task).map(configurationName);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(96);
    expect(task.examples.validation.length).toBeGreaterThanOrEqual(60);
  });

  it('shows no text twice: neither across the splits nor as a demo or a typical input', () => {
    const asked = [...task.examples.validation, ...task.examples.test].map(({ text }) => text);
    const shown = [...Object.values(task.demos).flat(), ...task.typical].map((one) => String(one[task.input]));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.filter((text) => shown.includes(text))).toEqual([]);
  });

  it('has every label about equally often, so that always saying one of them is chance', () => {
    for (const examples of Object.values(task.examples)) {
      const counts = task.labels.map((label) => examples.filter((one) => one.label === label).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it('is made into modules that differ where the configurations do', () => {
    const made = gridOf(task).map((one) => JSON.stringify(moduleOf(task, one)));
    expect(new Set(made).size).toBe(made.length);
  });
});

describe('a recording', () => {
  it.each(TASK_NAMES)('of %s says of each example what the labels make of the answer', (name) => {
    const task = replayedTask(name);
    for (const split of ['validation', 'test'] as const)
      for (const { answers, scores, input, output, ms, configuration } of recordedLines(name, split).values()) {
        const right = task.examples[split].map(({ label }, k) => (task.labels[answers[k] ?? -1] === label ? '1' : '0'));
        expect({ configuration, scores }).toEqual({ configuration, scores: right.join('') });
        for (const counted of [answers, input, output, ms]) expect(counted).toHaveLength(right.length);
      }
  });

  it('that was cut off in a line is read up to it', () => {
    const line = { configuration: 'a', split: 'test', answers: [0], scores: '1', input: [1], output: [1], ms: [1] };
    expect(readLines(`${JSON.stringify(line)}\n${JSON.stringify(line).slice(0, 30)}`)).toEqual([line]);
    expect(readLines('')).toEqual([]);
  });

  it('that is whole is a task of the search suite, and no other is', () => {
    expect(replayTasks().map(({ id }) => id)).toEqual(recorded.map((name) => `lm_replay_${name}`));
  });
});

describe('a replay', () => {
  const name = openReplays()[0]?.task.name ?? '';

  it('answers as recorded, with what it cost, and refuses what was never recorded', () => {
    const replay = openReplay(name);
    const [line] = recordedLines(name, 'validation').values();
    const configuration = replay.configurations.find((one) => configurationName(one) === line?.configuration);
    if (line === undefined || configuration === undefined) throw new Error('nothing is recorded');
    const [input = 0, output = 0] = [line.input[0], line.output[0]];
    expect(replay.run(assignmentOf(configuration), 0)).toEqual({
      score: Number(line.scores[0]),
      tokens: input + output,
      costNanoUsd: PRICE.input * input + PRICE.output * output,
      latencyMs: line.ms[0],
    });
    expect(() => replay.run({ ...untuned(replay), demos: 'hundreds' }, 0)).toThrow(/no recording of .*hundreds/);
    expect(() => replay.run(untuned(replay), 1000)).toThrow('example 1000');
  });

  it.runIf(recorded.length > 0)(
    'as a task of the search suite has the loss of its best program as minimum, and no smaller one',
    () => {
      for (const task of replayTasks()) {
        const { configurations } = openReplay(task.id.replace('lm_replay_', ''));
        const losses = configurations.map((one) => task.truth(assignmentOf(one)));
        expect(Math.min(...losses)).toBe(task.minimum);
        expect(losses.every((loss) => loss >= 0 && loss <= 1)).toBe(true);
      }
    },
  );

  it('is searched alike under one seed, never past its budget, and only in the dimensions that are free', async () => {
    const replay = openReplay(name);
    const how = {
      strategy: 'variable_search',
      config: { trials: 20, racing: {}, maxExampleRuns: 400 },
      seed: 3,
    } as const;
    const once = await searchReplay(replay, { ...how, free: ['demos', 'adapter'] });
    expect(await searchReplay(replay, { ...how, free: ['demos', 'adapter'] })).toEqual(once);
    expect(once.runs).toBeLessThanOrEqual(400);
    const { demos: _, adapter: __, ...fixed } = untuned(replay);
    for (const { incumbent } of once.steps) expect(incumbent).toMatchObject(fixed);
  });
});
