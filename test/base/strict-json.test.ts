import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonTrouble, parseStrict, type StrictRules, strictReader } from '#lib/base/strict-json';

function trouble(text: string, rules: StrictRules = {}): Pick<JsonTrouble, 'kind' | 'offset' | 'path'> {
  try {
    parseStrict(text, rules);
  } catch (error) {
    if (!(error instanceof JsonTrouble)) throw error;
    return { kind: error.kind, offset: error.offset, path: error.path };
  }
  throw new Error('it was accepted');
}

describe('strict JSON', () => {
  test('reads what JSON.parse reads, to the same value', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme', maxDepth: 5 }), (text) => {
        fc.pre(!text.includes('__proto__') && !text.includes('-0'));
        expect(parseStrict(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('refuses every text that JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '.5',
      'e9',
      'null',
      ' ',
      '0',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const text = pieces.join('');
        let good = true;
        try {
          JSON.parse(text);
        } catch {
          good = false;
        }
        if (!good) expect(trouble(text).kind).toBeTypeOf('string');
      }),
      { numRuns: 3000 },
    );
  });

  test('says where the trouble is, as an offset and as a path', () => {
    expect(trouble('{"a":[1,{"b/c":"\\ud800"}]}')).toEqual({ kind: 'surrogate', offset: 15, path: ['a', 1, 'b/c'] });
    expect(trouble('[[],{"x":1,"x":2}]')).toEqual({ kind: 'duplicate', offset: 11, path: [1, 'x'] });
    expect(trouble('{"a":{"b":1},"c":[0,}')).toMatchObject({ kind: 'malformed', path: ['c', 1] });
    expect(trouble('[] []')).toMatchObject({ kind: 'malformed', offset: 3, path: [] });
  });

  test.each([
    ['9007199254740993', 'exactIntegers', 'integer'],
    ['"a\\u0000"', 'withoutNul', 'nul'],
  ])('%s is refused only under %s', (text, rule, kind) => {
    expect(parseStrict(text)).toEqual(JSON.parse(text));
    expect(trouble(text, { [rule]: true }).kind).toBe(kind);
  });

  test('counts levels from the outermost value', () => {
    expect(parseStrict('[[1]]', { maxDepth: 2 })).toEqual([[1]]);
    expect(trouble('[[[1]]]', { maxDepth: 2 }).kind).toBe('too_deep');
  });

  test('reads a document piece by piece', () => {
    const reader = strictReader(' [ {"a":1} , 2 ] ');
    expect([reader.take('['), reader.value(), reader.take(','), reader.value(), reader.take(']')]).toEqual([
      ...[true, { a: 1 }, true, 2, true],
    ]);
    reader.end();
  });
});
