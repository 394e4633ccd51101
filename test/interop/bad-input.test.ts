import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DspexError, InvalidInput } from '#lib/base/errors';
import { importState } from '#lib/interop/incoming/import-state';
import { exportDspy } from '#lib/interop/outgoing/export-dspy';
import { parsePath } from '#lib/interop/state/path';
import { readState } from '#lib/interop/state/read-state';
import { program } from '#lib/program/author';
import { golden } from './golden-states.ts';

const alone = golden('alone').state;
const rag = golden('rag');

describe('a file that is no DSPy state', () => {
  it('is refused as such, cut off at every byte', () => {
    for (let cut = 0; cut < alone.trimEnd().length; cut++)
      expect(() => readState(alone.slice(0, cut))).toThrow(InvalidInput);
  });

  it('of any JSON is a state or an InvalidInput, never another error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.jsonValue().map((value) => JSON.stringify({ x: { signature: value } })),
        ),
        (text) => {
          try {
            readState(text);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInput);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['deep nesting', '['.repeat(100_000)],
    ['deep objects', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
    ['a prototype', '{"__proto__": {"signature": 1}}'],
  ])('of %s is refused', (_, text) => expect(() => readState(text)).toThrow(InvalidInput));

  it.each(['\x80\x05\x95', 'PK\x03\x04'])('that is a pickle is refused with the reason', (text) =>
    expect(() => readState(text)).toThrow(/runs whatever code is in it/),
  );

  it('a path of DSPy is read in linear time, and nothing else is one', () => {
    expect(parsePath("a.b[3]['k']c")).toBeUndefined();
    expect(parsePath("d['it's']")).toEqual([{ attribute: 'd' }, { key: "it's" }]);
    expect(parsePath(`a${"['x".repeat(20_000)}`)).toBeUndefined();
    for (const path of ['', '.a', 'a.', '[0]', 'a b', 'a;import os']) expect(parsePath(path)).toBeUndefined();
  });
});

describe('a state and signatures that do not belong together', () => {
  const refused = (state: string, mapping: unknown) =>
    importState(state, mapping, 'x').then(
      () => '',
      (error: Error) => error.message,
    );

  it.each<[string, unknown, RegExp]>([
    [
      'too many fields',
      'ticket, more -> queue',
      /predictor "self": the signature has 3 fields \(ticket, more, queue\), the state has 2/,
    ],
    [
      'another name',
      'letter -> queue',
      /field 1 has the label "Ticket:".*but "letter" \(label "Letter:"\) stands there/,
    ],
    ['another order', 'queue -> ticket', /field 1 has the label "Ticket:".*but "queue"/],
    ['no signature', 'nonsense', /no "->"/],
    [
      'no mapping',
      { predictors: { other: 'a -> b' } },
      /predictor "self" has no signature in the mapping; there are: other/,
    ],
    ['a wrong shape', { predictors: { self: { signature: 'a -> b', more: 1 } } }, /Not a mapping/],
  ])('%s', async (_, mapping, message) => expect(await refused(alone, mapping)).toMatch(message));

  it('all problems are named at once', async () => {
    const { predictors } = rag.mapping as { predictors: Record<string, unknown> };
    const mapping = {
      predictors: {
        ...predictors,
        query: 'question -> query, more',
        'checks[0]': 'reply -> harmful: bool',
        ghost: 'a -> b',
      },
    };
    await expect(importState(rag.state, mapping, 'x')).rejects.toMatchObject({
      code: 'dspy_state_invalid',
      problems: expect.arrayContaining([
        expect.objectContaining({ detail: expect.stringContaining('the mapping names "ghost"') }),
        expect.objectContaining({ pointer: '/checks[0]/signature/fields/0' }),
      ]),
    });
  });

  it('a demo whose digits would be rounded is refused, its place named', async () => {
    const state = alone.replace('"invoice"', '123456789012345678901');
    expect(await refused(state, golden('alone').mapping)).toContain('demo 1: 123456789012345678901 is beyond 2^53');
  });
});

describe('what DSPy cannot run', () => {
  it.each([
    [
      'an approval',
      program('p')
        .input('q')
        .nodes((b) => b.predict('a', 'q -> x', ({ input }) => ({ q: input.q })).step('ok', 'approval', {})),
    ],
    [
      'an effect',
      program('p')
        .input('q')
        .nodes((b) =>
          b
            .predict('a', 'q -> x', ({ input }) => ({ q: input.q }))
            .step('ok', 'effect', { http: { method: 'POST', url: 'https://x.test' } }),
        ),
    ],
  ])('%s is refused by the name of its node', async (_, draft) => {
    const version = draft.output(({ nodes }) => ({ x: nodes.a.x })).freeze();
    const error = await exportDspy(version).catch((one: unknown) => one);
    expect(DspexError.is(error) && error.message).toMatch(/^node ok: .*DSPy has no counterpart/);
  });
});
