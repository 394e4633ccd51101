import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '#lib/base/json';
import { datasetDrift, stabilityIndex } from '#lib/dataset/drift';
import type { Example } from '#lib/dataset/example';
import { datasetStatistics } from '#lib/dataset/statistics';

const example = (
  id: number,
  inputs: Record<string, Json>,
  labels: Record<string, Json>,
  split?: Example['split'],
): Example => ({
  id: `e${id}`,
  inputs,
  labels,
  ...(split === undefined ? {} : { split }),
});

describe('statistics', () => {
  const examples = [
    example(0, { q: 'one' }, { a: 'x' }, 'train'),
    example(1, { q: 'three' }, { a: 'x', why: null }, 'train'),
    example(2, { q: 'one' }, { a: 'y' }, 'test'),
    example(3, { q: 7 }, {}),
  ];
  const statistics = datasetStatistics(examples);

  it('count splits, types, missing values and lengths', () => {
    expect(statistics.splits).toEqual({ train: 2, validation: 0, test: 1, none: 1 });
    expect(statistics.inputs.q).toMatchObject({
      present: 4,
      missing: 0,
      types: { string: 3, number: 1 },
      length: { min: 3, p50: 3, max: 5 },
      distinct: 3,
    });
    expect(statistics.labels.why).toMatchObject({ present: 1, missing: 3, types: { null: 1 }, length: null });
  });

  it('show the label balance, commonest first, and none where every value is its own', () => {
    expect(statistics.labels.a?.balance).toEqual([
      { value: 'x', count: 2, share: 2 / 3 },
      { value: 'y', count: 1, share: 1 / 3 },
    ]);
    const free = Array.from({ length: 40 }, (_, index) => example(index, { q: `text ${index}` }, {}));
    expect(datasetStatistics(free).inputs.q).toMatchObject({ distinct: 40, balance: [] });
  });

  it('find duplicates, and those that leak from one split into another', () => {
    expect(statistics.duplicates).toEqual({ groups: 1, examples: 1, acrossSplits: 1 });
  });

  it('of an empty dataset are empty', () => {
    expect(datasetStatistics([])).toMatchObject({ examples: 0, inputs: {}, labels: {} });
  });
});

describe('drift', () => {
  const made = (values: Json[]): Example[] => values.map((value, index) => example(index, {}, { v: value }));
  const psi = (before: Json[], after: Json[]): number => datasetDrift(made(before), made(after))[0]?.psi ?? Number.NaN;

  it('is nothing between a dataset and itself, and never below nothing', () => {
    const values = fc.array(fc.oneof(fc.string(), fc.integer(), fc.constantFrom('a', 'b')), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(values, values, (before, after) => {
        expect(psi(before, before)).toBeCloseTo(0, 10);
        expect(psi(before, after)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('is the population stability index of the label shares', () => {
    const before = Array.from({ length: 1000 }, (_, index) => (index < 500 ? 'a' : 'b'));
    const after = Array.from({ length: 1000 }, (_, index) => (index < 700 ? 'a' : 'b'));
    // (0.7-0.5) ln(0.7/0.5) + (0.3-0.5) ln(0.3/0.5) = 0.16946
    expect(stabilityIndex(before, after)).toBeCloseTo(0.1695, 2);
    expect(datasetDrift(made(before), made(after))).toMatchObject([
      { field: 'v', side: 'labels', by: 'value', verdict: 'moderate' },
    ]);
  });

  it('sees numbers move, texts grow, fields appear and types change', () => {
    const numbers = Array.from({ length: 200 }, (_, index) => index / 10);
    expect(datasetDrift(made(numbers), made(numbers.map((n) => n + 8)))[0]).toMatchObject({
      by: 'number',
      verdict: 'large',
    });
    expect(datasetDrift(made(numbers), made(numbers.map((n) => n + 0.1)))[0]).toMatchObject({ verdict: 'stable' });
    const texts = numbers.map((n) => 'x'.repeat(n));
    const words = texts.map((text, index) => `${text}${index}`);
    expect(datasetDrift(made(words), made(words.map((text) => text.repeat(3))))[0]).toMatchObject({
      by: 'length',
      verdict: 'large',
    });
    expect(datasetDrift(made(numbers), made(numbers.map(String)))[0]).toMatchObject({ verdict: 'large' });
    const without = Array.from({ length: 200 }, (_, index) => example(index, {}, {}));
    expect(datasetDrift(without, made(numbers))[0]).toMatchObject({ field: 'v', verdict: 'large' });
  });

  it('of nothing is nothing', () => {
    expect(datasetDrift([], made(['a']))).toEqual([]);
  });
});
