import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { balancedOrder, classCount } from '#lib/optimizer/demos/classes';
import { runStrategy } from '#lib/optimizer/drive';
import type { ExampleSketch, History } from '#lib/optimizer/spec';
import { createStrategy } from '#lib/optimizer/strategies';
import { widthWithin } from '#lib/optimizer/variable-search/budget';
import { historyOf } from './worlds.ts';

const small: History['space'] = {
  variables: [
    { name: 'x', type: { kind: 'float', min: 0, max: 1 }, default: 0.4 },
    { name: 'n', type: { kind: 'integer', min: 1, max: 2 }, default: 1 },
    { name: 'mode', type: { kind: 'choice', choices: ['a', 'b'] } },
    { name: 'extra', type: { kind: 'boolean' }, when: { mode: 'b' } },
  ],
  constraints: [],
  candidates: {},
};
const run = (name: string, config: History['config'], space = small) =>
  runStrategy(
    createStrategy(name, () => undefined),
    historyOf({ space, config }),
    async (work, ids) =>
      ids.map((exampleId) => ({
        exampleId,
        score: Number(work.assignment.x),
        costNanoUsd: null,
        latencyMs: 0,
        tokens: 0,
      })),
  );

describe('grid', () => {
  it('goes through every point once, both ends of each number included, after the defaults', async () => {
    const { history, reason, winner } = await run('grid', { trials: 1000, levels: 3 });
    const points = history.trials.map(({ work }) => work.assignment);
    expect(points[0]).toEqual({ x: 0.4, n: 1, mode: 'a' });
    // 3 x values, 2 n values, and mode: a, b with extra, b without.
    expect(new Set(points.slice(1).map((point) => JSON.stringify(point))).size).toBe(18);
    expect(points).toHaveLength(19);
    expect([...new Set(points.slice(1).map(({ x }) => Number(x)))].sort()).toEqual([0, 0.5, expect.closeTo(1, 9)]);
    expect(reason).toBe('no new assignment was found after 19 trials');
    expect(history.trials.find(({ id }) => id === winner)?.work.assignment.x).toBeCloseTo(1, 9);
  });

  it('draws points of a grid too large to list', async () => {
    const variables = Array.from({ length: 30 }, (_, index) => ({
      name: `v${index}`,
      type: { kind: 'float' as const, min: 0, max: 1 },
    }));
    const { history } = await run('grid', { trials: 12 }, { ...small, variables });
    expect(history.trials).toHaveLength(12);
  });
});

describe('random', () => {
  it('begins with the defaults and never repeats itself', async () => {
    const { history, reason } = await run('random', { trials: 25 });
    expect(history.trials.map(({ work }) => work.origin)).toEqual(['baseline', ...Array(24).fill('random')]);
    expect(new Set(history.trials.map(({ work }) => JSON.stringify(work.assignment))).size).toBe(25);
    expect(reason).toBe('all 25 trials are done');
  });
});

describe('class-balanced order', () => {
  const examplesOf = (labels: string[]): ExampleSketch[] =>
    labels.map((label, index) => ({ id: `e${index}`, inputs: {}, labels: { label, free: `text ${index}` } }));

  it('keeps every example, and every beginning is as balanced as it can be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 6, maxLength: 60 }),
        fc.integer(),
        (labels, seed) => {
          const order = balancedOrder(examplesOf(labels), seededRandom(seed));
          expect(order.map(({ id }) => id).sort()).toEqual(labels.map((_, index) => `e${index}`).sort());
          const total = (label: string): number => labels.filter((other) => other === label).length;
          for (let end = 1; end <= order.length; end++) {
            const counts = new Map<string, number>();
            for (const { labels: own } of order.slice(0, end)) {
              counts.set(String(own.label), (counts.get(String(own.label)) ?? 0) + 1);
            }
            // A class is behind another by more than one only when it has no examples left.
            const most = Math.max(...counts.values());
            for (const label of new Set(labels)) {
              const count = counts.get(label) ?? 0;
              expect(most - count <= 1 || count === total(label)).toBe(true);
            }
          }
        },
      ),
    );
  });
});

describe('class-balanced order over some of the labels', () => {
  it('counts the classes of just these labels', () => {
    const labeled = Array.from({ length: 12 }, (_, index) => ({
      ...{ id: `e${index}`, inputs: {} },
      labels: { queue: ['a', 'b', 'c'][index % 3] ?? '', urgent: index % 2 === 0, free: `text ${index}` },
    }));
    expect(classCount(labeled)).toBe(6);
    expect(classCount(labeled, new Set(['queue']))).toBe(3);
    expect(classCount(labeled, new Set(['free']))).toBe(1);
  });

  it('is as balanced over those as if there were no others', () => {
    const examples: ExampleSketch[] = Array.from({ length: 24 }, (_, index) => ({
      id: `e${index}`,
      inputs: {},
      labels: { queue: ['a', 'b', 'c'][index % 3] ?? '', urgency: ['low', 'high'][index % 5 === 0 ? 1 : 0] ?? '' },
    }));
    for (let seed = 0; seed < 20; seed++) {
      const order = balancedOrder(examples, seededRandom(seed), new Set(['queue', 'unknown']));
      for (let end = 3; end <= order.length; end += 3) {
        const shown = order.slice(0, end).map(({ labels }) => labels.queue);
        for (const queue of ['a', 'b', 'c']) expect(shown.filter((other) => other === queue)).toHaveLength(end / 3);
      }
    }
  });
});

describe('the width of a race', () => {
  it('is the largest one whose every rung can be paid', () => {
    const rungs = [4, 8, 16].map((size) => Array.from({ length: size }, (_, index) => `e${index}`));
    // Eight entrants: 8 x 4, then 4 x 4 more, then 2 x 8 more.
    expect(widthWithin(64, 8, rungs, 2)).toBe(8);
    expect(widthWithin(63, 8, rungs, 2)).toBe(7);
    expect(widthWithin(15, 8, rungs, 2)).toBe(0);
    expect(widthWithin(Number.POSITIVE_INFINITY, 8, rungs, 2)).toBe(8);
  });
});
