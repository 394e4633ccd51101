import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datasetChecksum } from '#lib/dataset/checksum';
import type { Example, Split } from '#lib/dataset/example';
import { checkDataset } from '#lib/dataset/schema-check';
import { splitExamples } from '#lib/dataset/split';

const made = (labels: string[]): Example[] =>
  labels.map((label, index) => ({ id: `e${index}`, inputs: { n: index }, labels: { label } }));
const count = (examples: Example[], split: Split, label?: string): number =>
  examples.filter((example) => example.split === split && (label === undefined || example.labels.label === label))
    .length;

const labelsArbitrary = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 200 });
const sharesArbitrary = fc
  .tuple(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 100 }))
  .map(([a, b, c]) => ({ train: a / (a + b + c), validation: b / (a + b + c), test: c / (a + b + c) }));

describe('a split', () => {
  it('keeps every example exactly once, in its place, in sizes that meet the shares', () => {
    fc.assert(
      fc.property(labelsArbitrary, sharesArbitrary, fc.integer(), fc.boolean(), (labels, sizes, seed, stratified) => {
        const examples = made(labels);
        const split = splitExamples(examples, { sizes, seed, ...(stratified ? { stratifyBy: 'label' } : {}) });
        expect(split.map(({ split: _, ...rest }) => rest)).toEqual(examples);
        for (const name of ['train', 'validation', 'test'] as const) {
          expect(Math.abs(count(split, name) - sizes[name] * labels.length)).toBeLessThan(1);
        }
      }),
    );
  });

  it('gives each label its share of every split, give or take two', () => {
    fc.assert(
      fc.property(labelsArbitrary, sharesArbitrary, fc.integer(), (labels, sizes, seed) => {
        const split = splitExamples(made(labels), { sizes, seed, stratifyBy: 'label' });
        for (const label of new Set(labels)) {
          const all = labels.filter((other) => other === label).length;
          for (const name of ['train', 'validation', 'test'] as const) {
            const got = count(split, name, label);
            expect(Math.abs(got - (count(split, name) / labels.length) * all)).toBeLessThan(2);
          }
        }
      }),
    );
  });

  it('is the same for the same seed and another for another', () => {
    const examples = made(Array.from({ length: 60 }, () => 'a'));
    const sizes = { train: 0.5, test: 0.5 };
    expect(splitExamples(examples, { sizes, seed: 4 })).toEqual(splitExamples(examples, { sizes, seed: 4 }));
    expect(splitExamples(examples, { sizes, seed: 4 })).not.toEqual(splitExamples(examples, { sizes, seed: 5 }));
  });

  it('takes counts as well', () => {
    const split = splitExamples(made(['a', 'b', 'a', 'b', 'a']), { sizes: { train: 1, validation: 2, test: 2 } });
    expect([count(split, 'train'), count(split, 'validation'), count(split, 'test')]).toEqual([1, 2, 2]);
  });

  it.each([{ train: 0.5 }, { train: 3, test: 3 }, { train: -1, test: 2 }, { train: Number.NaN, test: 1 }, {}])(
    'refuses the sizes %j for five examples',
    (sizes) => {
      expect(() => splitExamples(made(['a', 'b', 'c', 'd', 'e']), { sizes })).toThrow(
        /split sizes are to be shares summing to 1/,
      );
    },
  );

  it('has nothing to do on no examples', () => {
    expect(splitExamples([], { sizes: { train: 1 } })).toEqual([]);
  });
});

describe('the checksum of a dataset', () => {
  const [a, b] = made(['x', 'y']) as [Example, Example];

  it('is of the examples and their order, not of how their keys are ordered', () => {
    const turned = { labels: a.labels, inputs: a.inputs, id: a.id };
    expect(datasetChecksum([turned, b])).toBe(datasetChecksum([a, b]));
    expect(datasetChecksum([b, a])).not.toBe(datasetChecksum([a, b]));
    expect(datasetChecksum([a])).not.toBe(datasetChecksum([a, b]));
    expect(datasetChecksum([{ ...a, split: 'test' }])).not.toBe(datasetChecksum([a]));
  });
});

describe('a dataset against a signature', () => {
  it('names the examples that do not fit, up to a cap', () => {
    const signature = {
      name: 'S',
      instructions: '',
      inputs: [{ name: 'n', type: { kind: 'int' as const }, description: '' }],
      outputs: [{ name: 'label', type: { kind: 'literal' as const, values: ['a', 'b'] }, description: '' }],
    };
    expect(checkDataset(made(['a', 'c']), signature)).toEqual([
      { pointer: '/examples/1', detail: 'example "e1": label "label" is to be one of "a", "b", found "c"' },
    ]);
    expect(checkDataset(made(Array.from({ length: 300 }, () => 'z')), signature)).toHaveLength(100);
  });
});
