import { describe, expect, test } from 'vitest';
import { DspexError } from '#lib/base/errors';
import { etagOf, idempotencyKey, ifMatch, isUnchanged } from '#lib/derive/http/preconditions';

function statusOf(work: () => unknown): number {
  try {
    work();
  } catch (error) {
    if (DspexError.is(error)) return error.status;
    throw error;
  }
  return 200;
}

describe('If-Match', () => {
  test('is the revision that an ETag spells', () => {
    for (const rev of [1, 7, 123456]) expect(ifMatch(etagOf(rev), true)).toBe(rev);
  });
  test('* is whatever is there', () => expect(ifMatch(' * ', true)).toBe('*'));
  test('may be absent only where nothing wants it', () => {
    expect(ifMatch(undefined, false)).toBeUndefined();
    expect(statusOf(() => ifMatch(undefined, true))).toBe(428);
  });
  test.each(['W/"3"', '"abc"', '"03x"', '""', '"9999999999999999"'])('%s can match nothing, so it is stale', (tag) => {
    expect(statusOf(() => ifMatch(tag, true))).toBe(412);
  });
  test.each(['3', '', '"3', '"1", "2"', '"1""2"', 'w/"3"'])('%j is not one ETag', (tag) => {
    expect(statusOf(() => ifMatch(tag, true))).toBe(400);
  });
});

describe('If-None-Match', () => {
  test.each(['"3"', 'W/"3"', '"1", "3"', '*', ' "3" '])('%s holds revision 3', (header) => {
    expect(isUnchanged(header, '"3"')).toBe(true);
  });
  test.each([undefined, '"4"', '3', '', '"33"'])('%s does not', (header) => {
    expect(isUnchanged(header, '"3"')).toBe(false);
  });
});

describe('Idempotency-Key', () => {
  test.each(['k', 'a'.repeat(255), '"quoted"', '!~'])('%s is one', (key) => expect(idempotencyKey(key)).toBe(key));
  test('may be absent', () => expect(idempotencyKey(undefined)).toBeUndefined());
  test.each(['', 'a b', 'a'.repeat(256), 'é', 'a\u0000'])('%j is none', (key) => {
    expect(statusOf(() => idempotencyKey(key))).toBe(400);
  });
});
