import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '#lib/base/random';
import { cleaned, question, readAnswer } from '#lib/optimizer/propose/answer';
import { withOneRedrawn, withValue } from '#lib/optimizer/propose/neighbour';
import { textPlaces } from '#lib/optimizer/propose/places';
import { shownValue } from '#lib/optimizer/propose/shown';
import { firstNamed, proposedSpace, startSpace, withFirstNames } from '#lib/optimizer/propose/space';
import type { Proposed } from '#lib/optimizer/spec';
import { materialize } from '#lib/variable/candidates';
import { dimensionsOf } from '#lib/variable/dimensions';
import { sample } from '#lib/variable/sample';
import { promptHistory, promptSpace } from './teachers.ts';
import { mixedSpace } from './worlds.ts';

describe('what a teacher answers', () => {
  const asked = question('Ask', 'a -> b', 'Answer.', { b: 'An answer' });
  it('is read as the chat format or as JSON, and anything else is a failure that says so', () => {
    expect(readAnswer(asked, '[[ ## b ## ]]\nyes')).toEqual({ b: 'yes' });
    expect(readAnswer(asked, '```json\n{"b": "yes"}\n```')).toEqual({ b: 'yes' });
    for (const bad of ['', 'yes', '{"c": 1}', '[[ ## b ## ]]\n']) expect(() => readAnswer(asked, bad)).toThrow();
  });

  it('never breaks the reading, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          return typeof readAnswer(asked, text).b === 'string';
        } catch (error) {
          return (error as Error).name === 'Output.Invalid';
        }
      }),
    );
  });

  it('loses labels, quotes and fences, and is no instruction when nothing or too much is left', () => {
    expect(cleaned('```\nDo it.\n```')).toBe('Do it.');
    expect(cleaned('Proposed instruction: "Do it."')).toBe('Do it.');
    expect(cleaned('Say "yes" or "no"')).toBe('Say "yes" or "no"');
    for (const bad of ['', '  ', '""', 'x'.repeat(10_001), null, 3]) expect(cleaned(bad)).toBeNull();
  });
});

describe('candidates that trials bring in', () => {
  const trial = (id: string, proposes: Record<string, Record<string, Proposed>>) => ({
    id,
    work: {
      kind: 'trial' as const,
      id,
      assignment: {},
      split: 'train' as const,
      exampleIds: [],
      origin: 'x',
      proposes,
    },
    state: 'completed' as const,
    outcomes: [
      {
        exampleId: 'train3',
        score: 1,
        costNanoUsd: 0,
        latencyMs: 1,
        tokens: 1,
        traces: [{ nodeId: 'answer', inputs: { ticket: 'ticket train3' }, outputs: { queue: 'billing' } }],
      },
    ],
    objectives: {},
    failures: 0,
  });

  it('are texts in full and demos by where they come from; what leads nowhere is left out', () => {
    const sources = [
      { trial: 't0', exampleId: 'train3' },
      { labeled: 'train1' },
      { trial: 't7', exampleId: 'train3' },
      { candidate: 'first', index: 0 },
      { candidate: 'nobody', index: 9 },
    ];
    const history = {
      ...promptHistory(),
      trials: [
        trial('t0', { answer_demos: { first: { demos: [{ labeled: 'train2' }] } } }),
        trial('t1', { answer_text: { i1: { text: 'New.' } }, answer_demos: { all: { demos: sources } }, gone: {} }),
      ],
    };
    const space = proposedSpace(history);
    expect(space.candidates.answer_text).toEqual({ original: 'Sort tickets.', i1: 'New.' });
    expect(space.candidates.answer_demos?.all).toEqual([
      { augmented: true, ticket: 'ticket train3', queue: 'billing' },
      { ticket: 'ticket train1', queue: 'login' },
      { ticket: 'ticket train2', queue: 'shipping' },
    ]);
    expect(materialize(space, { answer_text: { candidate: 'i1' } })).toEqual({ answer_text: 'New.' });
  });

  it('are brought in once, and equal ones have one name', () => {
    const all = { answer_text: { i1: { text: 'Sort tickets.' }, i2: { text: 'New.' } } };
    const assignment = { answer_text: { candidate: 'i2' }, temperature: 1 };
    const draft = { assignment, split: 'train' as const, exampleIds: [], origin: 'x' };
    const first = firstNamed(assignment, all, []);
    expect(first).toEqual({ proposes: { answer_text: { i2: { text: 'New.' } } } });
    expect(firstNamed(assignment, all, [{ ...draft, ...first }])).toEqual({});
    const space = startSpace(promptHistory());
    const same = { ...space, candidates: { answer_text: { ...space.candidates.answer_text, i1: 'Sort tickets.' } } };
    expect(withFirstNames(same, { answer_text: { candidate: 'i1' } })).toEqual({
      answer_text: { candidate: 'original' },
    });
  });
});

describe('where texts stand', () => {
  it('follows from the bindings: whole, before or after an instruction, of one node or of all', () => {
    const { program } = promptHistory();
    const at = (to: string[]) =>
      textPlaces(promptHistory({ program: { ...program, bindings: [{ variable: 'answer_text', to }] } }))[0];
    expect(at(['nodes.answer.instructions'])).toMatchObject({ part: 'whole', current: 'Sort tickets.' });
    expect(at(['nodes.*.instructions.suffix'])).toMatchObject({ part: 'suffix', current: '' });
    expect(at([])?.nodes.map(({ id }) => id)).toEqual(['answer']);
  });

  it('is shown to a teacher in bounded length', () => {
    expect(shownValue('x'.repeat(5000)).length).toBeLessThan(1600);
    expect(shownValue({ a: [1] })).toBe('{"a":[1]}');
  });
});

describe('a neighbour of an assignment', () => {
  it('differs in one variable and in those that exist only with it, and is sound', () => {
    const dimensions = dimensionsOf(mixedSpace);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        const own = sample(dimensions, random);
        const next = withOneRedrawn(dimensions, dimensions, own, random) ?? own;
        const changed = dimensions.filter(({ name }) => JSON.stringify(own[name]) !== JSON.stringify(next[name]));
        expect(changed.map(({ name }) => name).filter((name) => name !== 'depth').length).toBeLessThanOrEqual(1);
        expect(Object.hasOwn(next, 'depth')).toBe(next.module === 'chain_of_thought');
      }),
    );
  });

  it('keeps candidates that are newer than the space', () => {
    const dimensions = dimensionsOf(promptSpace);
    const own = { answer_text: { candidate: 'new' }, temperature: 1, style: 'plain' };
    expect(withValue(dimensions, own, 'style', { ...own, style: 'warm' })).toMatchObject({ ...own, style: 'warm' });
  });
});
