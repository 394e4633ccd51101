import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DspexError } from '#lib/base/errors';
import { MAX_DEPTH, parseStrictJson } from '#lib/derive/http/strict-json';

const parse = (text: string) => parseStrictJson(new TextEncoder().encode(text));

function refusal(input: string | Uint8Array): { code: string; pointers: string[] } {
  try {
    parseStrictJson(typeof input === 'string' ? new TextEncoder().encode(input) : input);
  } catch (error) {
    if (!DspexError.is(error)) throw error;
    return { code: error.code, pointers: error.problems.map(({ pointer }) => pointer) };
  }
  throw new Error('it was accepted');
}

const hasProto = (value: unknown): boolean => JSON.stringify(value).includes('__proto__');

describe('what JSON means, it means here', () => {
  test('any JSON value of up to 32 levels comes back as it went in', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 6 }), (value) => {
        fc.pre(!hasProto(value));
        // JSON text cannot say -0.
        const written = JSON.parse(JSON.stringify(value));
        expect(parse(JSON.stringify(value))).toEqual(written);
        expect(parse(JSON.stringify(value, null, 2))).toEqual(written);
      }),
    );
  });

  test('a byte order mark and white space around the value are skipped', () => {
    expect(parseStrictJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x0d, 0x0a, 0x7b, 0x7d, 0x09))).toEqual({});
  });

  test.each([
    ['a surrogate pair as escapes', '"\\ud83d\\ude00"', '😀'],
    ['NUL as an escape', '"\\u0000"', '\0'],
    ['brackets, commas and quotes inside strings', '{"a":"[{,\\"}]","b":["}"]}', { a: '[{,"}]', b: ['}'] }],
    ['the same name in two objects', '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    ['the same name at two levels', '{"a":{"a":{"a":1}}}', { a: { a: { a: 1 } } }],
    ['a name that every object inherits', '{"constructor":1,"toString":2}', { constructor: 1, toString: 2 }],
    ['the largest double', '1.7976931348623157e308', 1.7976931348623157e308],
    ['a number too small to tell from zero', '1e-400', 0],
  ])('%s is accepted', (_what, text, value) => {
    expect(parse(text)).toEqual(value);
  });
});

describe('what may mean two things is refused', () => {
  test.each([
    ['nothing at all', '', 'json_empty'],
    ['only white space', ' \r\n\t', 'json_empty'],
    ['half an object', '{"a":', 'json_malformed'],
    ['two values', '{} {}', 'json_malformed'],
    ['a trailing comma', '[1,]', 'json_malformed'],
    ['a comment', '/* */ {}', 'json_malformed'],
    ['NaN', 'NaN', 'json_malformed'],
    ['Infinity', '[Infinity]', 'json_malformed'],
    ['a raw control character', '"\u0001"', 'json_malformed'],
    ['single quotes', "{'a':1}", 'json_malformed'],
    ['a number beyond a double', '[1e400]', 'json_number'],
    ['a negative number beyond a double', '{"a":-1E+999}', 'json_number'],
    ['half a surrogate pair', '"\\ud83d"', 'json_surrogate'],
    ['the halves in the wrong order', '"\\ude00\\ud83d"', 'json_surrogate'],
    ['half a surrogate pair as a name', '{"\\udc00":1}', 'json_surrogate'],
    ['a member called __proto__', '{"__proto__":{"admin":true}}', 'json_name'],
    ['a member called __proto__ in disguise', '{"\\u005f_proto__":1}', 'json_name'],
  ])('%s', (_what, text, code) => {
    expect(refusal(text).code).toBe(code);
  });

  test.each([
    ['a byte that begins nothing', [0x22, 0xff, 0x22]],
    ['a character cut off', [0x22, 0xe2, 0x82, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['a surrogate in UTF-8', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('%s is no UTF-8', (_what, bytes) => {
    expect(refusal(Uint8Array.from(bytes)).code).toBe('json_encoding');
  });

  test('the pointer says where the second of two members of one name stands', () => {
    expect(refusal('{"a":[{"b/c":1},{"x":0,"b/c":1,"b\\/c":2}]}')).toEqual({
      code: 'json_duplicate',
      pointers: ['/a/1/b~1c'],
    });
  });

  test('an object is refused for its names exactly when two of them are equal', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', 'é', '{', ',', ':'), maxLength: 2 });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 5 }), fc.boolean(), (names, escaped) => {
        const spell = (text: string) =>
          escaped
            ? `"${[...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`
            : JSON.stringify(text);
        const text = `[{${names.map((one, i) => `${i % 2 ? spell(one) : JSON.stringify(one)}:${i}`).join(',')}}]`;
        if (new Set(names).size < names.length) expect(refusal(text).code).toBe('json_duplicate');
        else expect(parse(text)).toEqual([Object.fromEntries(names.map((one, i) => [one, i]))]);
      }),
    );
  });

  test('32 levels are accepted and 33 are not, also when there are a hundred thousand', () => {
    const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`;
    expect(MAX_DEPTH).toBe(32);
    expect(() => parse(nested(32))).not.toThrow();
    expect(refusal(`[${nested(32)}]`).code).toBe('json_too_deep');
    expect(refusal('['.repeat(100_000) + ']'.repeat(100_000)).code).toBe('json_too_deep');
  });
});

test('no prototype is ever touched', () => {
  refusal('{"a":{"__proto__":{"polluted":true}}}');
  parse('{"constructor":{"prototype":{"polluted":true}}}');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test('any bytes whatever are either a value or one of our refusals', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u',
    'd83d',
    '"a"',
    '1',
    '-',
    'e9',
    '.',
    'null',
    ' ',
  );
  const texts = fc.array(pieces, { maxLength: 12 }).map((all) => new TextEncoder().encode(all.join('')));
  fc.assert(
    fc.property(fc.oneof(texts, fc.uint8Array({ maxLength: 40 })), (bytes) => {
      try {
        parseStrictJson(bytes);
      } catch (error) {
        expect(DspexError.is(error) && error.status).toBe(400);
      }
    }),
    { numRuns: 3000 },
  );
});
