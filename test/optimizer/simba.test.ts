import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { SimbaConfig } from '#lib/optimizer/simba/config';
import { measuredEffects, mutated } from '#lib/optimizer/simba/effects';
import { Ledger, percentile, poisson, topPlaces } from '#lib/optimizer/simba/pool';
import { batchOf } from '#lib/optimizer/simba/trajectories';
import type { History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { dimensionsOf } from '#lib/variable/dimensions';
import { garbage, promptHistory, promptSkill, promptSpace, run, teacher, valuesOf } from './teachers.ts';
import { examples } from './worlds.ts';

const strategy = createStrategy('SIMBA', () => undefined);
const config = { bsize: 9, num_candidates: 4, max_steps: 4 };
const start = (more: object = {}) => promptHistory({ config: { ...config, ...more }, parallelism: 16 });
const none = { sample: false, initialize: false, mutate: false, bootstrap: false, amplify: false };
const of = (history: History, origin: string) => history.trials.filter(({ work }) => work.origin.includes(origin));

/** Advises one of the secret words. */
const advising = teacher((work) => ({
  discussion: 'The worse one was careless.',
  advice: { answer: `Mind the ${['queue', 'evidence', 'calm'][(work.sample ?? 0) % 3]}.` },
}));

describe('simba', () => {
  it('finds a better program by demos, rules and settings together, measured on all validation examples', async () => {
    const { history, winner } = await run(strategy, start({ bsize: 12, max_steps: 8 }), advising);
    const best = valuesOf(strategy, history, winner);
    expect(promptSkill(best)).toBeGreaterThan(promptSkill({ temperature: 1 }) + 0.15);
    expect(history.trials.find(({ id }) => id === winner)).toMatchObject({ work: { split: 'validation' } });
    expect(history.trials.find(({ id }) => id === winner)?.outcomes).toHaveLength(20);
  });

  it('draws every program’s runs on a minibatch under sample numbers of their own', async () => {
    const { history } = await run(strategy, start(), advising);
    const draws = new Set(of(history, 'trajectory').map(({ work }) => work.draw?.sample));
    expect([...draws].every((sample) => sample !== undefined && sample < 4)).toBe(true);
    // Temperature is a variable of this program, so no draw overrides it.
    expect(of(history, 'trajectory').every(({ work }) => work.draw?.temperature === undefined)).toBe(true);
  });

  it('shows the teacher the better and the worse run with what each was worth', async () => {
    const { history } = await run(strategy, start(), advising);
    const prompt = history.generations[0]?.work.messages.map(({ content }) => String(content)).join('\n') ?? '';
    for (const part of ['queue: other', 'Score 1. right', 'Score 0. wanted', 'answer was given'])
      expect(prompt).toContain(part);
    const rules = of(history, 'rule').flatMap(({ work }) => Object.values(work.proposes?.answer_text ?? {}));
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect('text' in rule && rule.text).toMatch(/^Sort tickets\.\n\nMind the/);
  });

  it('makes demos of the better runs by reference, never more than the variable takes', async () => {
    const { history } = await run(strategy, start({ max_steps: 8 }), advising);
    expect(of(history, 'demo').length).toBeGreaterThan(0);
    for (const { id } of history.trials)
      expect((valuesOf(strategy, history, id).answer_demos as unknown[]).length).toBeLessThanOrEqual(4);
    const sources = of(history, 'demo').flatMap(({ work }) => Object.values(work.proposes?.answer_demos ?? {}));
    for (const source of sources) expect(JSON.stringify(source).length).toBeLessThan(400);
  });

  it('leaves out a move that is switched off, and is DSPy’s own when all of them are', async () => {
    const origins = async (moves: object) =>
      new Set((await run(strategy, start({ moves }), advising)).history.trials.map(({ work }) => work.origin));
    const all = await origins({});
    for (const origin of ['initial', 'spread', 'amplified']) expect(all).toContain(origin);
    expect(await origins({ initialize: false })).not.toContain('initial');
    expect(await origins({ sample: false })).not.toContain('spread');
    expect(await origins({ amplify: false })).not.toContain('amplified');
    expect([...(await origins({ mutate: false }))].join()).not.toContain('mutated');
    expect([...(await origins({ bootstrap: false }))].join()).not.toContain('demo');
    const { history } = await run(strategy, start({ moves: none, rules: true }), advising);
    expect(new Set(history.trials.map(({ work }) => work.assignment.style))).toEqual(new Set(['plain']));
  });

  it('goes on without rules when the teacher answers garbage', async () => {
    const { history, winner } = await run(strategy, start(), garbage);
    expect(history.generations.every(({ failure }) => failure !== undefined)).toBe(true);
    expect(valuesOf(strategy, history, winner).answer_text).toBe('Sort tickets.');
  });

  it('ends soundly with one example, without train examples, without variables, and when all scores are equal', async () => {
    const single = { train: examples(1, 'train'), validation: examples(1, 'val') };
    expect((await run(strategy, promptHistory({ examples: single, config }), advising)).winner).not.toBeNull();
    const empty = { train: [], validation: examples(3, 'val') };
    expect((await run(strategy, promptHistory({ examples: empty, config }), advising)).reason).toContain('no train');
    const space = { ...promptSpace, variables: [] };
    expect((await run(strategy, promptHistory({ space, config }), advising)).reason).toContain('no variable');
    expect((await run(strategy, start(), advising, () => 0)).winner).toBe('t0');
    expect((await run(strategy, start(), advising, () => 2)).history.generations).toEqual([]);
  });
});

describe('the mechanism of each move', () => {
  const parsed = (moves: object) => SimbaConfig.parse({ ...config, moves });

  it('sample: every minibatch has the classes in fair shares', () => {
    const history = start();
    const classes = (ids: string[]) =>
      ids
        .map((id) => history.examples.train.find((one) => one.id === id)?.labels.queue)
        .sort()
        .join();
    for (let step = 0; step < 6; step++)
      expect(classes(batchOf(history, step, parsed({})))).toBe(
        classes(['train0', 'train1', 'train2', 'train3', 'train4', 'train5', 'train6', 'train7', 'train8']),
      );
    const plain = Array.from({ length: 6 }, (_, step) => classes(batchOf(history, step, parsed({ sample: false }))));
    expect(new Set(plain).size).toBeGreaterThan(1);
  });

  it('mutate: goes where runs were worth more than others on the same examples', () => {
    const dimensions = dimensionsOf(promptSpace);
    const ledger = new Ledger();
    for (const style of ['plain', 'warm', 'formal'])
      for (let n = 0; n < 8; n++)
        ledger.add({
          trial: 't',
          place: 0,
          assignment: { temperature: 1, style },
          exampleId: `e${n}`,
          // Half of the examples are hard for everybody: no merit of a style.
          value: (n % 2) * 0.5 + (style === 'formal' ? 0.5 : 0),
        });
    const effects = measuredEffects(dimensions, ledger);
    const at = dimensions.findIndex(({ name }) => name === 'style');
    expect(effects.at(at, 2).mean).toBeGreaterThan(0.15);
    expect(effects.at(at, 0).mean).toBeLessThan(0);
    const settings = dimensions.filter(({ name }) => name === 'style');
    const changed = Array.from({ length: 30 }, (_, seed) =>
      mutated(dimensions, settings, { temperature: 1, style: 'plain' }, effects, seededRandom(seed)),
    );
    expect(changed.filter((one) => one?.style === 'formal').length).toBeGreaterThan(24);
  });

  it('the worth of a program does not suffer from hard examples, and the baseline stays in the race', () => {
    const ledger = new Ledger();
    const run = (place: number, exampleId: string, value: number) =>
      ledger.add({ trial: 't', place, assignment: {}, exampleId, value });
    for (let n = 0; n < 5; n++) run(0, `easy${n}`, 1);
    for (let n = 0; n < 5; n++) run(1, `hard${n}`, 0.2);
    for (let n = 0; n < 5; n++) run(2, `hard${n}`, 0);
    run(3, 'hard0', Number.NEGATIVE_INFINITY);
    expect(ledger.worth(1)).toBeGreaterThan(ledger.worth(0));
    expect(Number.isFinite(ledger.worth(3))).toBe(true);
    expect(topPlaces(4, ledger, 2)).toEqual([1, 0]);
  });

  it('counts as numpy does', () => {
    expect(percentile([0, 1], 0.1)).toBeCloseTo(0.1);
    expect(percentile([3, 1, 2], 0.5)).toBe(2);
    const random = seededRandom('poisson');
    const draws = Array.from({ length: 4000 }, () => poisson(0.75, random));
    expect(draws.reduce((sum, value) => sum + value, 0) / 4000).toBeCloseTo(0.75, 1);
  });
});
