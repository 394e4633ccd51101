import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openCursor, sealCursor } from '#lib/derive/http/cursor';

const SCOPE = { workspaceId: 'wsp_a', operationId: 'Program.list', of: { id: '', state: 'active' } };
const sealed = sealCursor('key', SCOPE, 'W#wsp_a#Program#prg_1');

describe('a cursor', () => {
  test('opens where it was made, whatever the store wrote into it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (cursor) => {
        fc.pre(cursor.isWellFormed());
        expect(openCursor('key', SCOPE, sealCursor('key', SCOPE, cursor))).toBe(cursor);
      }),
    );
  });

  test('does not depend on the order in which filters are written', () => {
    expect(openCursor('key', { ...SCOPE, of: { state: 'active', id: '' } }, sealed)).toBe('W#wsp_a#Program#prg_1');
  });

  test.each([
    ['another workspace', 'key', { ...SCOPE, workspaceId: 'wsp_b' }],
    ['another route', 'key', { ...SCOPE, operationId: 'Execution.list' }],
    ['another filter', 'key', { ...SCOPE, of: { id: '', state: 'archived' } }],
    ['one filter less', 'key', { ...SCOPE, of: { id: '' } }],
    ['another record', 'key', { ...SCOPE, of: { id: 'prg_1', state: 'active' } }],
    ['another key', 'other', SCOPE],
  ])('is worth nothing to %s', (_what, key, scope) => {
    expect(() => openCursor(key, scope, sealed)).toThrow('wanted a nextCursor of this very list');
  });

  test('with any one character changed, dropped or added is refused', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ';
    fc.assert(
      fc.property(
        fc.nat(sealed.length),
        fc.constantFrom(...alphabet),
        fc.constantFrom('set', 'drop', 'add'),
        (at, c, how) => {
          const tail = sealed.slice(how === 'add' ? at : at + 1);
          const changed = sealed.slice(0, at) + (how === 'drop' ? '' : c) + tail;
          fc.pre(changed !== sealed);
          expect(() => openCursor('key', SCOPE, changed)).toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each(['', 'x', 'AAAA', sealed.slice(0, 22), `${sealed}\n`])('%j is refused, not misread', (text) => {
    expect(() => openCursor('key', SCOPE, text)).toThrow('wanted a nextCursor of this very list');
  });
});
