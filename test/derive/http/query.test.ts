import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { DspexError } from '#lib/base/errors';
import { readLimit, readOrder, readQuery, readWait, typed } from '#lib/derive/http/query';

function pointersOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (DspexError.is(error) && error.status === 400) return error.problems.map(({ pointer }) => pointer);
    throw error;
  }
  throw new Error('it was accepted');
}

describe('a query string', () => {
  test('is read with its escapes', () => {
    expect(readQuery('http://x/v1/a?limit=5&name=a%20b+c%26', ['limit', 'name'])).toEqual({
      limit: '5',
      name: 'a b c&',
    });
    expect(readQuery('http://x/v1/a', ['limit'])).toEqual({});
    expect(readQuery('http://x/v1/a?', [])).toEqual({});
  });
  test('every unknown, repeated or overlong parameter is named', () => {
    const url = `http://x/a?limit=1&colour=red&limit=2&__proto__=1&name=${'x'.repeat(5000)}`;
    expect(pointersOf(() => readQuery(url, ['limit', 'name']))).toEqual(['/colour', '/limit', '/__proto__', '/name']);
  });
  test('whatever it holds, it is read or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          readQuery(`http://x/a?${text}`, ['limit']);
        } catch (error) {
          expect(DspexError.is(error)).toBe(true);
        }
      }),
    );
  });
});

describe('limit', () => {
  test('is 20 unless it says otherwise, from 1 to 100', () => {
    expect([readLimit({}), readLimit({ limit: '1' }), readLimit({ limit: '100' })]).toEqual([20, 1, 100]);
  });
  test.each(['0', '101', '-1', '1.5', '1e1', '', ' 5', 'ten', '9999'])('%j is refused', (limit) => {
    expect(pointersOf(() => readLimit({ limit }))).toEqual(['/limit']);
  });
});

test('order and wait take their two words and no other', () => {
  expect([
    readOrder('newest'),
    readOrder('oldest'),
    readWait({}),
    readWait({ wait: 'true' }),
    readWait({ wait: 'false' }),
  ]).toEqual(['newest', 'oldest', false, true, false]);
  expect(pointersOf(() => readOrder('NEWEST'))).toEqual(['/order']);
  expect(pointersOf(() => readWait({ wait: '1' }))).toEqual(['/wait']);
});

test('query values become numbers and booleans where the input wants them, and stay text where they are none', () => {
  const input = z.strictObject({
    rows: z.int().default(1),
    ratio: z.number().nullable().optional(),
    header: z.boolean().optional(),
    name: z.string(),
  });
  expect(typed({ rows: '3', ratio: '0.5', header: 'false', name: '7' }, input)).toEqual({
    rows: 3,
    ratio: 0.5,
    header: false,
    name: '7',
  });
  expect(typed({ rows: 'three', ratio: '', header: 'no' }, input)).toEqual({ rows: 'three', ratio: '', header: 'no' });
});
