import { describe, expect, it } from 'vitest';
import { CoproConfig, coproSizes } from '#lib/optimizer/copro/config';
import { runStrategy } from '#lib/optimizer/drive';
import type { History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { materialize } from '#lib/variable/candidates';
import type { Assignment } from '#lib/variable/variable';
import goldens from './goldens/copro.json' with { type: 'json' };
import {
  type GenerationWork,
  garbage,
  knowing,
  promptHistory,
  promptSkill,
  promptSpace,
  run,
  teacher,
  valuesOf,
} from './teachers.ts';
import { examples } from './worlds.ts';

const strategy = createStrategy('COPRO', () => undefined);
const config = { breadth: 5, depth: 3 };
const of = (history: History, origin: string) => history.trials.filter(({ work }) => work.origin === origin);
const promptOf = ({ work }: History['generations'][number]): string =>
  work.messages.map(({ content }) => String(content)).join('\n');

/** The attempts a prompt to the teacher lists. */
const attemptsIn = (prompt: string): [string, number][] =>
  [...prompt.matchAll(/Attempt \d+\n(.*)\nScore: ([\d.]+)/g)].map(([, text = '', score]) => [text, Number(score)]);

/** As in the script that made the goldens. */
function worth(instruction: string): number {
  let total = 0;
  for (const [index, letter] of [...instruction].entries())
    total = (total * 31 + (letter.codePointAt(0) ?? 0) * (index + 1)) % 9973;
  return total / 9973;
}

type Golden = (typeof goldens.cases)[number];

/** Our COPRO on the case's program, its proposals in the order in which DSPy's were made. */
async function replayed(golden: Golden) {
  const { name, instructions, breadth, depth } = golden;
  const { program } = promptHistory();
  const names = instructions.map((_, index) => `text${index}`);
  const start = promptHistory({
    space: {
      variables: names.map((one) => ({ name: one, type: { kind: 'text' } })),
      constraints: [],
      candidates: {},
    },
    program: {
      nodes: instructions.map((text, index) => ({
        ...(program.nodes[0] as (typeof program.nodes)[0]),
        id: `step${index}`,
        instructions: text,
      })),
      bindings: names.map((variable, index) => ({ variable, to: [`nodes.step${index}.instructions`] })),
    },
    examples: { train: [], validation: examples(golden.examples, 'val') },
    config: { breadth, depth },
  });
  const texts = instructions.length;
  const teach = teacher(({ id }: GenerationWork) => {
    let number = Number(id.slice(1));
    for (let batch = 0; ; batch++) {
      const size = batch < texts ? breadth - 1 : breadth;
      if (number < size) return { instruction: `${name} ${batch < texts ? 'basic' : 'attempts'} ${batch} ${number}.` };
      number -= size;
    }
  });
  const valued = (assignment: Assignment): number =>
    names.reduce((sum, one) => sum + worth(String(assignment[one])), 0) / names.length;
  return runStrategy(
    strategy,
    start,
    async (work, ids, history) => {
      const values = materialize(strategy.space(history), work.assignment);
      return ids.map((exampleId) => ({
        exampleId,
        score: valued(values) * golden.examples > Number(exampleId.slice(3)) ? 1 : 0,
        ...{ costNanoUsd: 0, latencyMs: 1, tokens: 1 },
      }));
    },
    undefined,
    teach,
  ).then((ending) => ({ ...ending, names }));
}

const byScore = (a: [string, number], b: [string, number]): number => a[1] - b[1] || a[0].localeCompare(b[0]);

describe(`copro beside DSPy ${goldens.dspy}`, () => {
  it.each(goldens.cases.filter(({ instructions }) => instructions.length === 1))(
    '$name: measures the same instructions once each, with the same scores, shows the same attempts, ends with the same',
    async (golden) => {
      const { history, winner, names } = await replayed(golden);
      const [name = ''] = names;
      const text = (assignment: Assignment) => String(materialize(strategy.space(history), assignment)[name]);
      const measured = history.trials.map(({ work, objectives }): [string, number] => [
        text(work.assignment),
        Math.round(10000 * (objectives.quality ?? 0)) / 100,
      ]);
      const theirs = golden.measured.map(({ instruction, score }): [string, number] => [instruction, score]);
      expect(measured.toSorted(byScore)).toEqual(theirs.toSorted(byScore));
      const shown = history.generations.map((one) => attemptsIn(promptOf(one))).filter((list) => list.length > 0);
      const rounds = golden.attempts.map((_, round) => shown[round * golden.breadth] ?? []);
      for (const [round, list] of rounds.entries()) {
        const scores = list.map(([, score]) => score);
        expect(scores).toEqual(scores.toSorted((a, b) => a - b));
        expect(list.toSorted(byScore)).toEqual((golden.attempts[round] as [string, number][]).toSorted(byScore));
      }
      expect(history.generations).toHaveLength(golden.breadth * golden.depth - 1);
      const best = history.trials.find(({ id }) => id === winner);
      expect(text(best?.work.assignment ?? {})).toBe(golden.best[0]);
    },
  );

  it('of two predictors finds as good an end, one text after the other under what the others have become', async () => {
    for (const golden of goldens.cases.filter(({ instructions }) => instructions.length > 1)) {
      const { history, winner } = await replayed(golden);
      const best = history.trials.find(({ id }) => id === winner);
      const theirs = Math.max(...golden.measured.map(({ score }) => score));
      expect(Math.round(10000 * (best?.objectives.quality ?? 0)) / 100).toBeGreaterThanOrEqual(theirs);
      // DSPy measures candidates again whose program has not changed.
      expect(history.trials.length).toBeLessThanOrEqual(golden.evaluations);
    }
  });
});

describe('copro', () => {
  it('climbs by attempts and settings', async () => {
    const { history, winner } = await run(strategy, promptHistory({ config }), knowing);
    const best = valuesOf(strategy, history, winner);
    expect(promptSkill(best)).toBeGreaterThan(promptSkill({ temperature: 1 }) + 0.25);
    expect(String(best.answer_text)).toMatch(/queue|evidence|calm/);
    expect(best.style).toBe('formal');
  });

  it('shows the teacher no example, only what was tried and what it scored', async () => {
    const { history } = await run(strategy, promptHistory({ config }), knowing);
    for (const prompt of history.generations.map(promptOf)) expect(prompt).not.toContain('ticket ');
    expect(attemptsIn(promptOf(history.generations.at(-1) as never)).length).toBeGreaterThan(1);
  });

  it('changes one coordinate of the best so far with each trial, and leaves settings alone when told to', async () => {
    const { history } = await run(strategy, promptHistory({ config: { ...config, variables: false } }), knowing);
    expect(of(history, 'setting')).toEqual([]);
    expect(
      new Set(history.trials.map(({ work }) => `${work.assignment.temperature} ${work.assignment.style}`)),
    ).toEqual(new Set(['1 plain']));
    const all = (await run(strategy, promptHistory({ config }), knowing)).history;
    const keys = all.trials.map(({ work }) => JSON.stringify(work.assignment));
    expect(new Set(keys).size).toBe(keys.length);
    for (const [index, { work }] of all.trials.entries()) {
      const near = all.trials
        .slice(0, index)
        .map((other) => Object.keys(work.assignment).filter((name) => differs(work, other.work, name)).length);
      if (index > 0) expect(Math.min(...near)).toBe(1);
    }
  });

  it('ends soundly with a teacher that answers garbage, nothing to change, one example, and scores all equal', async () => {
    const mute = await run(strategy, promptHistory({ config: { ...config, variables: false } }), garbage);
    expect(mute).toMatchObject({ winner: 't0', reason: expect.stringContaining('no instruction that can be used') });
    const bare = { ...promptSpace, variables: promptSpace.variables.filter(({ name }) => name === 'answer_demos') };
    expect((await run(strategy, promptHistory({ space: bare, config }))).reason).toContain('no variable to change');
    const one = { train: [], validation: examples(1, 'val') };
    expect((await run(strategy, promptHistory({ examples: one, config }))).winner).not.toBeNull();
    const none = { train: examples(3, 'train'), validation: [] };
    expect(await run(strategy, promptHistory({ examples: none, config }))).toMatchObject({ winner: null });
    expect((await run(strategy, promptHistory({ config }), knowing, () => 0)).winner).toBe('t0');
  });

  it('takes the sizes that are foreseen for it, at most', async () => {
    for (const given of [
      { breadth: 3, depth: 2 },
      { breadth: 5, depth: 3, variables: false },
      { breadth: 2, depth: 1 },
    ]) {
      const { history } = await run(strategy, promptHistory({ config: given }), knowing);
      const { trials, generations } = coproSizes(CoproConfig.parse(given), 1, 2);
      expect(history.trials.length).toBeLessThanOrEqual(trials);
      expect(history.generations).toHaveLength(generations);
    }
    expect(CoproConfig.safeParse({ breadth: 1 }).success).toBe(false);
    expect(CoproConfig.parse({})).toMatchObject({ breadth: 10, depth: 3, init_temperature: 1.4 });
  });
});

const differs = (a: { assignment: Assignment }, b: { assignment: Assignment }, name: string): boolean =>
  JSON.stringify(a.assignment[name]) !== JSON.stringify(b.assignment[name]);
