import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '#lib/base/errors';
import { cursorAfter, positionOf } from '#lib/ports/cursor';
import type { Query } from '#lib/ports/store';

const QUERY: Query = { pk: 'a', limit: 10 };

describe('cursors', () => {
  it('carry any position through, and only for their own query', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 }), (position) => {
        const cursor = cursorAfter(QUERY, position);
        expect(positionOf({ ...QUERY, limit: 3 }, cursor, position.length)).toEqual(position);
        for (const other of [
          { ...QUERY, pk: 'b' },
          { ...QUERY, index: 'g1' as const },
          { ...QUERY, sk: { from: 'a' } },
        ])
          expect(() => positionOf(other, cursor, position.length)).toThrow(InvalidInput);
      }),
    );
  });

  it('whatever text comes as one, it is InvalidInput and nothing worse', () => {
    const json = fc.json().map((text) => Buffer.from(text).toString('base64url'));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), json), (text) => {
        expect(() => positionOf(QUERY, text, 1)).toThrow(InvalidInput);
      }),
      { numRuns: 2000 },
    );
  });

  it('do not show the partition they are about', () => {
    const cursor = cursorAfter({ ...QUERY, pk: 'W#secret-workspace' }, ['HEAD']);
    expect(Buffer.from(cursor, 'base64url').toString()).not.toContain('secret-workspace');
  });
});
