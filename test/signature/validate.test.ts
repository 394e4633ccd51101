import { describe, expect, it } from 'vitest';
import type { Json } from '#lib/base/json';
import { assignable } from '#lib/signature/assignable';
import { parseSignature } from '#lib/signature/parse';
import { parseTypeText } from '#lib/signature/parse-field';
import { validateInputs, validateOutputs } from '#lib/signature/validate';

const signature = parseSignature('question, n: int, tags: list[str] -> label: Literal["a", "b"], score: float', {
  fields: {
    n: { default: 3, constraints: { ge: 1, le: 5 } },
    score: { constraints: { lt: 1 } },
    question: { constraints: { max_length: 5 } },
  },
});

describe('input values are checked against the signature', () => {
  it('right ones pass, defaults are filled in, in field order', () => {
    const { values, problems } = validateInputs(signature, { tags: ['x'], question: 'q' });
    expect(problems).toEqual([]);
    expect(Object.entries(values)).toEqual([
      ['question', 'q'],
      ['n', 3],
      ['tags', ['x']],
    ]);
  });

  it.each<[string, { [name: string]: Json }, string, string]>([
    ['a missing one', { tags: [] }, '/question', 'is missing'],
    [
      'an unknown one',
      { question: 'q', tags: [], 'a/b': 1 },
      '/a~1b',
      '"a/b" is not an input; the inputs are question, n, tags',
    ],
    ['text for a number', { question: 'q', tags: [], n: '3' }, '/n', 'wanted int, found "3"'],
    ['a fraction for an int', { question: 'q', tags: [], n: 1.5 }, '/n', 'whole number'],
    ['a number for text', { question: 5, tags: [] }, '/question', 'wanted a string, found 5'],
    ['a wrong item', { question: 'q', tags: ['a', 1] }, '/tags/1', 'wanted a string, found 1'],
    ['one out of bounds', { question: 'q', tags: [], n: 9 }, '/n', 'wanted a number at most 5, found 9'],
    ['one too long', { question: 'longer', tags: [] }, '/question', 'wanted a length of at most 5, found 6'],
    ['None', { question: null, tags: [] }, '/question', 'wanted a string, found None'],
  ])('%s is named by its pointer', (_, values, pointer, detail) => {
    const { problems } = validateInputs(signature, values);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.pointer).toBe(pointer);
    expect(problems[0]?.detail).toContain(detail);
  });

  it('all problems are reported at once', () => {
    expect(validateInputs(signature, { n: 'x', other: 1 }).problems.map(({ pointer }) => pointer)).toEqual([
      '/question',
      '/n',
      '/tags',
      '/other',
    ]);
  });

  it('a name of Object.prototype is no value', () => {
    expect(validateInputs(parseSignature('constructor -> b'), {}).problems).toHaveLength(1);
  });
});

describe('output values are checked the same way', () => {
  it.each<[{ [name: string]: Json }, number]>([
    [{ label: 'a', score: 0.5 }, 0],
    [{ label: 'c', score: 0.5 }, 1],
    [{ label: 'a', score: 1 }, 1],
    [{ label: 'a' }, 1],
  ])('%j has %i problems', (values, count) => {
    expect(validateOutputs(signature, values).problems).toHaveLength(count);
  });
});

describe('a value of one type may stand where another is declared', () => {
  it.each([
    ['int', 'float', true],
    ['float', 'int', false],
    ['str', 'int', false],
    ['int', 'str', false],
    ['bool', 'int', false],
    ['Any', 'int', true],
    ['list[str]', 'Any', true],
    ["Literal['a']", 'str', true],
    ['str', "Literal['a']", false],
    ["Literal['a']", "Literal['a', 'b']", true],
    ["Literal['a', 'c']", "Literal['a', 'b']", false],
    ['Literal[1, 2]', 'float', true],
    ['int', 'int | None', true],
    ['int | None', 'int', false],
    ['int | None', 'Optional[float]', true],
    ['list[int]', 'list[float]', true],
    ['list[float]', 'list[int]', false],
    ['list', 'list[int]', true],
    ['set[int]', 'list[int]', true],
    ['tuple[int, str]', 'tuple[int, str]', true],
    ['tuple[int, str]', 'tuple[int]', false],
    ['tuple[int, ...]', 'list[float]', true],
    ['list[str]', 'str', false],
    ['dict[str, int]', 'dict[str, float]', true],
    ['dict[str, int]', 'dict[int, int]', false],
    ['dict', 'dict[str, int]', true],
    ['dspy.Reasoning', 'str', true],
    ['str', 'dspy.Code["python"]', true],
    ['dspy.Image', 'dspy.Image', true],
    ['dspy.Image', 'dspy.Audio', false],
    ['dspy.Image', 'str', false],
    ['NoneType', 'Optional[int]', true],
  ])('%s as %s: %s', (from, to, wanted) => {
    expect(assignable(parseTypeText(from), parseTypeText(to))).toBe(wanted);
  });
});
