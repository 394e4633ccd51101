import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '#lib/base/errors';
import { parseSignature, parseSignatureWithNotes } from '#lib/signature/parse';
import { formatSignature, typeSource } from '#lib/signature/print';
import type { FieldType } from '#lib/signature/signature';
import { SignatureSyntaxError } from '#lib/signature/syntax-error';

function failure(text: string): SignatureSyntaxError {
  try {
    parseSignature(text);
  } catch (error) {
    if (error instanceof SignatureSyntaxError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('a syntax error', () => {
  it.each([
    ['question', 8, 'there is no "->"'],
    ['a -> b -> c', 7, 'second "->"'],
    ['a -> b: list[str', 16, 'expected "," or "]"'],
    ['a -> b: lst[str]', 8, '"lst" takes no type arguments'],
    ['a -> b: Literal[x]', 16, 'need quotes'],
    ['a b -> c', 2, 'expected ","'],
    ['class -> c', 0, 'keyword'],
    ['__proto__ -> c', 0, 'cannot start with "_"'],
    ['a -> b: dict[str]', 8, '"dict" takes 2 type arguments, not 1'],
    ["a -> b: Literal['x", 16, 'never closed'],
    ['a -> b: "str"', 8, 'without quotes'],
    ['a -> b: Callable', 8, 'not a type this grammar knows'],
  ])('of %s stands at %i and says: %s', (text, position, what) => {
    const error = failure(text);
    expect(error.position).toBe(position);
    expect(error.message).toContain(what);
  });

  it('carries its code, a problem, and the grammar', () => {
    const error = failure('a ->-> b');
    expect(error).toBeInstanceOf(InvalidInput);
    expect(error).toMatchObject({ code: 'signature_syntax', status: 400, problems: [{ pointer: '' }] });
    expect(error.extra.grammar).toContain('field     := name');
  });
});

describe('what DSPy drops in silence is said', () => {
  it.each([
    ['a, b=1 -> c', ['The default of "b" (1)']],
    ['a: dict = {"x": [1, ")"]} -> c', ['The default of "a" ({"x": [1, ")"]})']],
    ['*a, b -> c', ['"a" is dropped', '"b" is dropped']],
    ['a, /, b -> c', ['"a" is dropped']],
    ['a, **k -> c', ['"k" is dropped']],
    ['a, a: int -> c', ['declared twice']],
  ])('%s', (text, said) => {
    const { notes } = parseSignatureWithNotes(text);
    expect(notes).toHaveLength(said.length);
    for (const [index, part] of said.entries()) expect(notes[index]).toContain(part);
  });

  it('and nothing is said of a signature DSPy takes whole', () => {
    expect(parseSignatureWithNotes('a, b: list[int] -> c').notes).toEqual([]);
  });
});

describe('options say what the string cannot', () => {
  it('descriptions, constraints, defaults, instructions, a name and own types', () => {
    const mood: FieldType = { kind: 'enum', name: 'Mood', members: [{ name: 'GOOD', value: 'good' }] };
    const signature = parseSignature('text -> mood: Mood, score: float', {
      name: 'Rate',
      instructions: '\n    Rate it.\n      Carefully.\n',
      fields: { score: { description: 'From 0 to 1.', constraints: { ge: 0, le: 1 } }, text: { default: 'none' } },
      types: { Mood: mood },
    });
    expect(signature.name).toBe('Rate');
    expect(signature.instructions).toBe('Rate it.\n  Carefully.');
    expect(signature.inputs[0]).toMatchObject({ name: 'text', default: 'none', description: ['$', '{text}'].join('') });
    expect(signature.outputs).toMatchObject([
      { name: 'mood', type: mood },
      { name: 'score', description: 'From 0 to 1.', constraints: { ge: 0, le: 1 } },
    ]);
  });

  it('and an option for a field that is not there is refused', () => {
    expect(() => parseSignature('a -> b', { fields: { c: {} } })).toThrow('"c" is described but not a field');
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9]{2,6}_$/);
const constant = fc.oneof(fc.string(), fc.constantFrom(true, false, null), fc.nat());
const type: fc.Arbitrary<FieldType> = fc.letrec<{ type: FieldType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<FieldType>(
      ...(['str', 'int', 'float', 'bool', 'any', 'complex', 'bytes', 'list', 'dict', 'set', 'tuple'] as const).map(
        (kind): FieldType => ({ kind }),
      ),
      { kind: 'none' },
      { kind: 'dspy', name: 'Image' },
      { kind: 'dspy', name: 'Code', argument: "it's" },
      { kind: 'tuple', items: [] },
    ),
    fc
      .uniqueArray(constant, { minLength: 1, maxLength: 4, selector: (value) => `${typeof value}:${value}` })
      .map((values): FieldType => ({ kind: 'literal', values })),
    tie('type').map((item): FieldType => ({ kind: 'list', item })),
    tie('type').map((item): FieldType => ({ kind: 'set', item, alias: 'Set' })),
    tie('type').map((value): FieldType => ({ kind: 'dict', key: { kind: 'str' }, value })),
    tie('type').map((item): FieldType => ({ kind: 'tuple', items: [item], variadic: true })),
    fc.array(tie('type'), { minLength: 1, maxLength: 3 }).map((items): FieldType => ({ kind: 'tuple', items })),
    fc
      .uniqueArray(tie('type'), { minLength: 2, maxLength: 3, selector: typeSource })
      .filter((options) => options.every(({ kind }) => kind !== 'union'))
      .map((options): FieldType => ({ kind: 'union', options })),
  ),
})).type;

describe('laws', () => {
  it('printing and parsing again gives the same signature, whatever its types', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, type), { minLength: 2, maxLength: 6, selector: ([one]) => one }),
        (fields) => {
          const source = fields.map(([one, of]) => `${one}: ${typeSource(of)}`);
          const signature = parseSignature(`${source.slice(1).join(', ')} -> ${source[0]}`);
          expect([...signature.outputs, ...signature.inputs].map((field) => field.type)).toEqual(
            fields.map(([, of]) => of),
          );
          expect(parseSignature(formatSignature(signature))).toEqual(signature);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('no text throws anything but the syntax error', () => {
    const pieces = fc.constantFrom(
      ...`a b _ é -> -> , : [ ] ( ) | . ... = * ** / ' " \\ # \n \0 1 0x 1.5 list Literal Optional dict str dspy.Code None lambda '`.split(
        ' ',
      ),
      ' ',
      "'''",
      '\ud800',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          try {
            parseSignature(text);
          } catch (error) {
            expect(error).toBeInstanceOf(SignatureSyntaxError);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('hostile text of 64 KB and more is answered at once', () => {
  it.each([
    ['brackets', `a -> b: ${'list['.repeat(20_000)}`],
    ['parentheses', `a -> b: ${'('.repeat(70_000)}`],
    ['literals', `a -> b: ${'Literal['.repeat(10_000)}`],
    ['unions', `a -> b: ${'int|'.repeat(20_000)}int`],
    ['distinct unions', `a -> b: ${Array.from({ length: 9000 }, (_, index) => `Literal[${index}]`).join('|')}`],
    ['fields', `${Array.from({ length: 12_000 }, (_, index) => `f${index}`).join(', ')} -> b`],
    ['the same field', `${'a, '.repeat(30_000)} -> b`],
    [
      'fields on both sides',
      `${Array.from({ length: 6000 }, (_, index) => `f${index}`).join()} -> ${Array.from({ length: 6000 }, (_, index) => `g${index}`).join()}`,
    ],
    ['strings', `a -> b: Literal[${"'x' ".repeat(20_000)}]`],
    ['an open string', `a -> b: Literal['${'x'.repeat(70_000)}`],
    ['comments', `a ${'#x\n'.repeat(30_000)} -> b`],
    ['dots', `a -> b: ${'a.'.repeat(40_000)}c`],
    ['blanks', `a${' '.repeat(70_000)}b -> c`],
    ['a default', `a=${'[('.repeat(30_000)} -> c`],
  ])('%s', (_, text) => {
    try {
      parseSignature(text);
    } catch (error) {
      expect(error).toBeInstanceOf(SignatureSyntaxError);
    }
  });

  it('and names of Object.prototype are ordinary names', () => {
    const signature = parseSignature('constructor, toString: int -> hasOwnProperty, valueOf: Literal["constructor"]');
    expect(formatSignature(signature)).toBe(
      "constructor, toString: int -> hasOwnProperty, valueOf: Literal['constructor']",
    );
    expect(() => parseSignature('a -> b: constructor')).toThrow(SignatureSyntaxError);
    expect(() => parseSignature('a -> b: toString', { types: {} })).toThrow(SignatureSyntaxError);
  });
});
