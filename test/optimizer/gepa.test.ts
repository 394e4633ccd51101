import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { budgetOf, GepaConfig } from '#lib/optimizer/gepa/config';
import { findMerge } from '#lib/optimizer/gepa/merge';
import { leaders, type Member, pickLeader } from '#lib/optimizer/gepa/pool';
import type { History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import type { Assignment } from '#lib/variable/variable';
import { garbage, promptHistory, promptSkill, promptSpace, run, teacher, valuesOf } from './teachers.ts';
import { examples } from './worlds.ts';

const strategy = createStrategy('GEPA', () => undefined);
const config = { max_metric_calls: 240 };
const of = (history: History, origin: string) => history.trials.filter(({ work }) => work.origin === origin);

/** Reads the feedback: each time it adds one word the present instruction lacks. */
const adding = teacher((_work, prompt) => {
  const current = prompt.split('## current ##').at(-1)?.split('## runs ##')[0] ?? '';
  const missing = ['queue', 'evidence', 'calm'].find((word) => !current.includes(word));
  return { instruction: `${current.replaceAll('[[', '').replaceAll(']]', '').trim()} Mind the ${missing ?? 'task'}.` };
});

describe('gepa', () => {
  it('climbs by what the teacher makes of the runs, one improvement upon the other', async () => {
    const { history, winner } = await run(strategy, promptHistory({ config }), adding);
    const best = valuesOf(strategy, history, winner);
    expect(promptSkill(best)).toBeGreaterThan(promptSkill({ temperature: 1 }) + 0.25);
    expect(String(best.answer_text).match(/Mind the/g)?.length).toBeGreaterThan(1);
  });

  it('shows the teacher inputs, answers and the metric’s own words on each', async () => {
    const { history } = await run(strategy, promptHistory({ config }), adding);
    const prompt = history.generations[0]?.work.messages.map(({ content }) => String(content)).join('\n') ?? '';
    for (const part of [
      'Sort tickets.',
      'ticket: ticket train',
      'queue: other',
      'Feedback: Score 0. wanted ',
      'Wanted: queue:',
    ])
      expect(prompt).toContain(part);
  });

  it('lets a child into the pool only when it does strictly better on its parent’s own examples', async () => {
    const { history } = await run(strategy, promptHistory({ config }), adding);
    const quality = (id: string | undefined) => history.trials.find((one) => one.id === id)?.objectives.quality ?? 0;
    const children = of(history, 'mutation');
    for (const { work } of children)
      expect(work.exampleIds).toEqual(history.trials.find(({ id }) => id === work.parent)?.work.exampleIds);
    const better = children.filter(({ id, work }) => quality(id) > quality(work.parent));
    expect(of(history, 'accepted').filter(({ work }) => work.continues !== true).length).toBe(better.length);
  });

  it('stays within its budget of runs but for the round under way', async () => {
    const { history, reason } = await run(strategy, promptHistory({ config }), adding);
    const runs = history.trials.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
    expect(runs).toBeLessThan(240 + 2 * 3 + 20);
    expect(reason).toContain('budget of 240 runs');
  });

  it('takes the other variables their turn, or leaves them when told to', async () => {
    const settings = async (variables: boolean) => {
      const { history } = await run(strategy, promptHistory({ config: { ...config, variables } }), adding);
      return new Set(
        of(history, 'mutation').map(({ work }) => `${work.assignment.temperature} ${work.assignment.style}`),
      );
    };
    expect((await settings(true)).size).toBeGreaterThan(2);
    expect(await settings(false)).toEqual(new Set(['1 plain']));
  });

  it('ends with the instruction there is when the teacher answers garbage', async () => {
    const { history, winner } = await run(
      strategy,
      promptHistory({ config: { ...config, variables: false } }),
      garbage,
    );
    expect(winner).toBe('t0');
    expect(history.generations.every(({ failure }) => failure !== undefined)).toBe(true);
  });

  it('joins what two lines of descent have found, and measures a merge before it counts', async () => {
    const text = { kind: 'text' } as const;
    const space = { ...promptSpace, variables: ['one', 'two'].map((name) => ({ name, type: text, default: 'plain' })) };
    const { program } = promptHistory();
    const nodes = ['one', 'two'].map((id) => ({ ...program.nodes[0], id })) as typeof program.nodes;
    const bindings = ['one', 'two'].map((name) => ({ variable: name, to: [`nodes.${name}.instructions`] }));
    const skilled = ({ one, two }: Assignment) =>
      0.2 + (String(one).includes('good') ? 0.3 : 0) + (String(two).includes('good') ? 0.3 : 0);
    const start = promptHistory({
      space,
      program: { nodes, bindings },
      config: { max_metric_calls: 500 },
      parallelism: 2,
    });
    const { history, winner } = await run(
      strategy,
      start,
      teacher(() => ({ instruction: 'good' })),
      skilled,
    );
    expect(skilled(valuesOf(strategy, history, winner))).toBeCloseTo(0.8);
    for (const { work } of of(history, 'merge')) expect(work.exampleIds.length).toBeLessThanOrEqual(5);
  });

  it('ends soundly without texts, without train examples, and when all scores are equal', async () => {
    const bare = { ...promptSpace, variables: promptSpace.variables.filter(({ name }) => name === 'answer_demos') };
    expect((await run(strategy, promptHistory({ space: bare, config }))).reason).toContain('no text variable');
    const none = { train: [], validation: examples(3, 'val') };
    expect((await run(strategy, promptHistory({ examples: none, config }))).reason).toContain('no train examples');
    expect((await run(strategy, promptHistory({ config }), adding, () => 0)).winner).toBe('t0');
    expect((await run(strategy, promptHistory({ config }), adding, () => 2)).history.generations).toEqual([]);
  });
});

describe('the pool', () => {
  const make = (values: number[], parents: number[] = [], assignment: Assignment = {}): Member => ({
    assignment,
    trial: {} as Member['trial'],
    value: values.reduce((sum, value) => sum + value, 0) / values.length,
    values: new Map(values.map((value, index) => [`val${index}`, value])),
    parents,
    turn: 0,
  });

  it('keeps whoever is alone the best somewhere and drops whoever is covered', () => {
    const pool = [make([0, 0, 0]), make([1, 0, 0]), make([1, 1, 0]), make([0, 0, 1])];
    expect(leaders(pool)).toEqual(
      new Map([
        [2, 2],
        [3, 1],
      ]),
    );
    const picks = Array.from({ length: 300 }, (_, index) => pickLeader(pool, seededRandom(index)));
    expect(picks.filter((place) => place === 2).length / 300).toBeCloseTo(2 / 3, 1);
  });

  it('merges each side’s own change since the common ancestor, once', () => {
    const pool = [
      make([0, 0], [], { a: 'x', b: 'y' }),
      make([1, 0], [0], { a: 'new', b: 'y' }),
      make([0, 1], [0], { a: 'x', b: 'new' }),
    ];
    const merge = findMerge(pool, new Set(), seededRandom(1));
    expect(merge).toEqual({ parents: [1, 2], assignment: { a: 'new', b: 'new' } });
    expect(findMerge(pool, new Set(['{"a":"new","b":"new"}']), seededRandom(1))).toBeNull();
    expect(findMerge(pool.slice(0, 2), new Set(), seededRandom(1))).toBeNull();
  });
});

describe('the budget of a gepa run', () => {
  it('is DSPy’s for one module and 100 validation examples', () => {
    const budget = (auto: string) => budgetOf(GepaConfig.parse({ auto }), 1, { train: 50, validation: 100 });
    expect(['light', 'medium', 'heavy'].map(budget)).toEqual([780, 1190, 1735]);
    expect(budgetOf(GepaConfig.parse({ max_full_evals: 3 }), 1, { train: 50, validation: 100 })).toBe(450);
  });

  it('cannot be given twice', () => {
    expect(GepaConfig.safeParse({ auto: 'light', max_metric_calls: 3 }).success).toBe(false);
  });
});
