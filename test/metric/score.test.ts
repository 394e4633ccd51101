import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '#lib/base/json';
import { normalizeText } from '#lib/base/normalize-text';
import { tokenF1 } from '#lib/metric/f1';
import { MetricSpecSchema } from '#lib/metric/schema';
import { readsLabels, readsOutputs, scoreFunction } from '#lib/metric/score';
import type { MetricSpec, Score } from '#lib/metric/spec';

const score = (spec: MetricSpec, label: Json, output: Json): number =>
  (scoreFunction(spec)({ a: label }, { a: output }) as Score).value;

describe('normalize_text', () => {
  // Worked out by DSPy's rules with Python's unicodedata, string.punctuation, re and str.split.
  it.each([
    ['The,  Eiffel  Tower!', 'eiffel tower'],
    ['à la carte', '\u0300 la carte'],
    ['A b-c_d', 'bcd'],
    ['x\u001cy\u00a0z\ufeffw', 'x y z\ufeffw'],
    ['ΑΣ', 'ας'],
    ['naïve Än', 'nai\u0308ve \u0308n'],
    ['an apple, the_end', 'apple theend'],
    ['İstanbul', 'i\u0307stanbul'],
    ['a\u0301 ß ẞ', '\u0301 ß ß'],
    ["it's the theatre", 'its theatre'],
    ['  ', ''],
  ])('of %j is %j, as in DSPy', (text, normalized) => {
    expect(normalizeText(text)).toBe(normalized);
  });

  it('has nothing left to do on ASCII text it has done once', () => {
    const ascii = fc.string({ unit: 'binary-ascii' }).filter((text) => !text.includes('\0'));
    // Removing one article can join nothing new: its place stays a space.
    fc.assert(
      fc.property(ascii, (text) => {
        expect(normalizeText(normalizeText(text))).toBe(normalizeText(text));
      }),
    );
  });
});

describe('exact_match', () => {
  const spec: MetricSpec = { kind: 'exact_match', output: 'a' };
  it.each<[Json, Json, number]>([
    ['Eiffel Tower', 'The Eiffel Tower!', 1],
    ['Paris', 'London', 0],
    [['Paris', 'City of Light'], 'city of light', 1],
    [['a', 'b'], ['a', 'b'], 1],
    [['a', 'b'], ['b', 'a'], 0],
    ['3', 3, 1],
    [1, -1, 0],
    ['-1', 1, 0],
    [true, 'True', 1],
    [null, null, 1],
    [null, '', 0],
    [{ x: 1, y: 2 }, { y: 2, x: 1 }, 1],
    ['', '', 1],
  ])('of the label %j and the output %j is %d', (label, output, value) => {
    expect(score(spec, label, output)).toBe(value);
  });

  it('compares as it stands when told so', () => {
    expect(score({ ...spec, normalize: false }, 'Paris', 'paris')).toBe(0);
    expect(score({ ...spec, normalize: false }, 'Paris', 'Paris')).toBe(1);
  });
});

describe('f1', () => {
  it.each([
    ['the Eiffel Tower', 'Eiffel Tower', 1],
    ['Eiffel Tower is in Paris', 'Paris', 1 / 3],
    ['a b b c', 'b b b', 4 / 6],
    ['', '', 0],
    ['x', '', 0],
  ])('of %j against %j is %d', (prediction, truth, value) => {
    expect(tokenF1(prediction, truth)).toBeCloseTo(value, 12);
  });

  it('takes the best accepted answer', () => {
    expect(score({ kind: 'f1', output: 'a' }, ['nothing', 'red fox'], 'red fox runs')).toBeCloseTo(0.8);
    expect(score({ kind: 'f1', output: 'a' }, [], 'x')).toBe(0);
  });

  it('is symmetric, between 0 and 1, and 1 for itself unless empty', () => {
    fc.assert(
      fc.property(fc.lorem(), fc.lorem(), (a, b) => {
        expect(tokenF1(a, b)).toBeCloseTo(tokenF1(b, a), 12);
        expect(tokenF1(a, b)).toBeGreaterThanOrEqual(0);
        expect(tokenF1(a, b)).toBeLessThanOrEqual(1);
        expect(tokenF1(a, a)).toBe(normalizeText(a) === '' ? 0 : 1);
      }),
    );
  });
});

describe('contains and numeric', () => {
  it.each<[Json, Json, number]>([
    ['Paris', 'It is in Paris, France.', 1],
    [['Rome', 'Paris'], 'paris', 1],
    ['Rome', 'Paris', 0],
    ['', 'anything', 0],
    ['', '', 1],
    ['b', ['a', 'b c'], 1],
  ])('the label %j in the output %j is %d', (label, output, value) => {
    expect(score({ kind: 'contains', output: 'a' }, label, output)).toBe(value);
  });

  it.each<[Json, Json, number, boolean, number]>([
    [10, 10, 0, false, 1],
    [0.3, 0.1 + 0.2, 0, false, 1],
    ['1,234.5', '1234.5', 0, false, 1],
    [100, 109, 10, false, 1],
    [100, 111, 10, false, 0],
    [200, 210, 0.05, true, 1],
    [200, 211, 0.05, true, 0],
    [-200, -190, 0.05, true, 1],
    [1, 'about 1', 0, false, 0],
    [1, true, 0, false, 0],
    [1, '1e999', 0, false, 0],
    [12, '1,2', 0, false, 0],
  ])('numeric of %j and %j within %d (relative: %s) is %d', (label, output, tolerance, relative, value) => {
    expect(score({ kind: 'numeric', output: 'a', tolerance, relative }, label, output)).toBe(value);
  });

  it('a label that is no number is a failure of the example', () => {
    expect(() => score({ kind: 'numeric', output: 'a' }, 'many', 1)).toThrow('label "a" is not a number: many');
  });
});

describe('composite', () => {
  const spec: MetricSpec = {
    kind: 'composite',
    parts: [
      { metric: { kind: 'exact_match', output: 'queue' }, weight: 3 },
      { metric: { kind: 'f1', output: 'reply', label: 'wanted' }, weight: 1, name: 'wording' },
    ],
  };
  const labels = { queue: 'billing', wanted: 'we are sorry' };

  it('is the weighted mean of its parts, each shown', () => {
    expect(scoreFunction(spec)(labels, { queue: 'Billing', reply: 'sorry' })).toEqual({
      value: (3 + 0.5) / 4,
      parts: { 'exact_match:queue': 1, wording: 0.5 },
    });
  });

  it('is 0 with a reason when a part is below what is required of it', () => {
    const [first, second] = spec.parts;
    const strict: MetricSpec = { ...spec, parts: [{ ...first, atLeast: 1 }, second] as typeof spec.parts };
    expect(scoreFunction(strict)(labels, { queue: 'login', reply: 'we are sorry' })).toEqual({
      value: 0,
      parts: { 'exact_match:queue': 0, wording: 1 },
      reason: 'exact_match:queue is 0, at least 1 is required',
    });
  });

  it('knows which outputs and labels it reads', () => {
    expect(readsOutputs(spec)).toEqual(['queue', 'reply']);
    expect(readsLabels(spec)).toEqual(['queue', 'wanted']);
    expect(readsOutputs({ kind: 'f1', output: 'x' })).toEqual(['x']);
  });

  it('numbers parts that would have the same name', () => {
    const twice: MetricSpec = { kind: 'composite', parts: [spec.parts[0], spec.parts[0]] as typeof spec.parts };
    expect(Object.keys((scoreFunction(twice)(labels, { queue: 'x' }) as Score).parts ?? {})).toEqual([
      'exact_match:queue',
      'exact_match:queue#2',
    ]);
  });
});

describe('what is missing', () => {
  it('is a failure that names what the metric reads and what there is, never a score', () => {
    const f1 = scoreFunction({ kind: 'f1', output: 'answer' });
    expect(() => f1({ label: 'x' }, { answer: 'x' })).toThrow('the metric reads label "answer"; there are [label]');
    expect(() => f1({ answer: 'x' }, {})).toThrow('the metric reads output "answer"; there are []');
    expect(() => f1({}, { answer: 'x', toString: 1 })).toThrow('label "answer"');
  });

  it('every metric scores any pair of values in [0, 1] or throws a named failure', () => {
    const json = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
    const kinds: MetricSpec[] = ['exact_match', 'f1', 'contains', 'numeric'].map(
      (kind) => ({ kind, output: 'a' }) as MetricSpec,
    );
    fc.assert(
      fc.property(fc.constantFrom(...kinds), json, json, (spec, label, output) => {
        try {
          const value = score(spec, label, output);
          expect(value >= 0 && value <= 1).toBe(true);
        } catch (error) {
          expect((error as { failure?: { name: string } }).failure?.name).toBe('Input.Invalid');
        }
      }),
    );
  });
});

describe('the schema', () => {
  const issues = (value: unknown): string[] =>
    MetricSpecSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('/')}: ${message}`) ?? [];

  it('takes every kind, nested too', () => {
    const composite = { kind: 'composite', parts: [{ metric: { kind: 'f1', output: 'x' }, weight: 1 }] };
    for (const spec of [
      { kind: 'exact_match', output: 'x', normalize: false },
      { kind: 'contains', output: 'x', label: 'y' },
      { kind: 'numeric', output: 'x', tolerance: 0.1, relative: true },
      { kind: 'composite', parts: [{ metric: composite, weight: 1, name: 'inner', atLeast: 0.5 }] },
    ]) {
      expect(issues(spec)).toEqual([]);
    }
  });

  it.each<[unknown, RegExp]>([
    [{ kind: 'f1' }, /^output: /],
    [{ kind: 'bleu', output: 'x' }, /^kind: /],
    [{ kind: 'f1', output: 'x', normalise: true }, /normalise/],
    [{ kind: 'numeric', output: 'x', tolerance: -1 }, /^tolerance: /],
    [{ kind: 'composite', parts: [] }, /^parts: /],
    [{ kind: 'composite', parts: [{ metric: { kind: 'f1', output: 'x' }, weight: 0 }] }, /weight above 0/],
    [
      {
        kind: 'composite',
        parts: ['p', 'q'].map(() => ({ metric: { kind: 'f1', output: 'x' }, weight: 1, name: 'same' })),
      },
      /parts\/1\/name/,
    ],
    [{ kind: 'composite', parts: [{ metric: { kind: 'f1', output: 'x' }, weight: 1, atLeast: 2 }] }, /atLeast/],
    [null, /./],
  ])('refuses %j with the path', (value, issue) => {
    expect(issues(value).join('\n')).toMatch(issue);
  });

  it('refuses metrics nested without end', () => {
    let spec: unknown = { kind: 'f1', output: 'x' };
    for (let depth = 0; depth < 5000; depth++) spec = { kind: 'composite', parts: [{ metric: spec, weight: 1 }] };
    expect(issues(spec)).toEqual([': metrics are nested too deep']);
  });
});
