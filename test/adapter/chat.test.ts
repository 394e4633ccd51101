import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Adapter } from '#lib/adapter/adapter';
import { adapters } from '#lib/adapter/adapters';
import { chatAdapter } from '#lib/adapter/chat';
import { ParseFailure } from '#lib/adapter/parse-failure';
import { failureOf } from '#lib/base/failure';
import { parseExactJson } from '#lib/signature/exact-number';
import { parseSignature } from '#lib/signature/parse';
import type { Values } from '#lib/signature/signature';

const signature = parseSignature('question -> reasoning, answer: int, label: Literal["yes", "no"]');
const answer =
  '[[ ## reasoning ## ]]\nBecause.\n\n[[ ## answer ## ]]\n42\n\n[[ ## label ## ]]\nyes\n\n[[ ## completed ## ]]\n';

function failure(adapter: Adapter, completion: string): ParseFailure {
  try {
    adapter.parse(signature, completion);
  } catch (error) {
    if (error instanceof ParseFailure) return error;
    throw error;
  }
  throw new Error('the answer was accepted');
}

describe('an answer that does not hold the outputs', () => {
  it('is an Output.Invalid that names the field, the value and the answer', () => {
    const error = failure(chatAdapter, answer.replace('42', 'forty-two'));
    expect(error.message).toBe('The answer\'s "answer" is not a int: wanted a whole number, found "forty-two".');
    expect(failureOf(error)).toMatchObject({
      name: 'Output.Invalid',
      retryable: true,
      details: { adapter: 'chat', field: 'answer' },
    });
    expect(error.completion).toContain('forty-two');
  });

  it('names what is missing and what was found', () => {
    const error = failure(chatAdapter, '[[ ## reasoning ## ]]\nBecause.');
    expect(error.message).toBe('The answer lacks "answer", "label"; found reasoning.');
    expect(failureOf(error).details).toMatchObject({ missing: ['answer', 'label'] });
    expect(failure(chatAdapter, '').message).toContain('it is empty');
  });

  it('shows no more of a long answer than a log can bear', () => {
    const { details } = failureOf(failure(chatAdapter, 'x'.repeat(100_000)));
    expect(JSON.stringify(details).length).toBeLessThan(3000);
  });

  it.each(['chat', 'json', 'xml'] as const)(
    'cut off at any character, in %s, is an answer or a ParseFailure, never half a number',
    (name) => {
      const adapter = adapters[name];
      const whole = name === 'chat' ? answer : lastAssistant(adapter);
      const outputs = adapter.parse(signature, whole);
      for (let cut = 0; cut < whole.length; cut++) {
        try {
          const values = adapter.parse(signature, whole.slice(0, cut));
          expect(values.label).toBe(outputs.label);
          expect(values.answer).toBe(outputs.answer);
        } catch (error) {
          expect(error).toBeInstanceOf(ParseFailure);
        }
      }
    },
  );

  it.each(['chat', 'json', 'xml'] as const)('of any characters is never another error, in %s', (name) => {
    const pieces = fc.constantFrom(
      ...'{}[]()"\':,<>/&;#\n \\'.split(''),
      '[[ ## answer ## ]]',
      '<answer>',
      '</answer>',
      '"answer"',
      '4',
      '\ud800',
      '\0',
      '&amp;',
      '<![CDATA[',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          adapters[name].parse(signature, parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(ParseFailure);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['text', 'x'.repeat(10_000_000)],
    ['lines', 'x\n'.repeat(3_000_000)],
    ['markers', '[[ ## answer ## ]]\n'.repeat(300_000)],
    ['brackets', `[[ ## answer ## ]]\n${'['.repeat(5_000_000)}`],
    ['digits', `[[ ## answer ## ]]\n${'9'.repeat(5_000)}`],
  ])('of megabytes of %s is answered in linear time', (_, completion) => {
    expect(() => chatAdapter.parse(signature, completion)).toThrow(ParseFailure);
  });
});

function lastAssistant(adapter: Adapter): string {
  const demo = { question: 'q', reasoning: 'Because.', answer: 42, label: 'yes' };
  const message = adapter.format(signature, [demo], { question: 'x' }).findLast(({ role }) => role === 'assistant');
  return String(message?.content);
}

describe('what an adapter writes as a demo it reads as an answer', () => {
  const typed = parseSignature(
    'q -> text, n: int, x: float, ok: bool, tags: list[str], map: dict[str, int], note: Optional[str]',
  );
  const plain = fc.string({ unit: 'grapheme' }).map((text) => `a${text.replace(/[\s\p{C}\p{Z}]/gu, ' ').trim()}z`);
  const values: fc.Arbitrary<Values> = fc.record({
    text: plain,
    n: fc.integer(),
    x: fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Object.is(x, -0) ? 0 : x)),
    ok: fc.boolean(),
    tags: fc.array(plain, { maxLength: 4 }),
    map: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.integer(), { maxKeys: 3 }),
    note: plain,
  });

  it.each(['chat', 'json'] as const)('in %s', (name) => {
    fc.assert(
      fc.property(values, (outputs) => {
        const messages = adapters[name].format(typed, [{ q: 'q', ...outputs }], { q: 'x' });
        expect(adapters[name].parse(typed, String(messages[2]?.content))).toEqual(outputs);
      }),
      { numRuns: 300 },
    );
  });

  it('in xml, except text of an optional field, which DSPy does not escape', () => {
    fc.assert(
      fc.property(values, ({ note: _, ...outputs }) => {
        const without = { ...typed, outputs: typed.outputs.filter((field) => field.name !== 'note') };
        const messages = adapters.xml.format(without, [{ q: 'q', ...outputs }], { q: 'x' });
        expect(adapters.xml.parse(without, String(messages[2]?.content))).toEqual(outputs);
      }),
      { numRuns: 300 },
    );
  });
});

describe('numbers in prompts', () => {
  it('are written by their declared type where JSON does not tell 1 from 1.0', () => {
    const text = String(
      chatAdapter
        .format(parseSignature('n: int, x: float, xs: list[float] -> y'), [], { n: 1, x: 1, xs: [1, 0.5] })
        .at(-1)?.content,
    );
    expect(text).toContain('## n ## ]]\n1\n');
    expect(text).toContain('## x ## ]]\n1.0\n');
    expect(text).toContain('[1.0, 0.5]');
  });

  it('keep what the text said when read exactly, digits beyond 2^53 too', () => {
    const inputs = parseExactJson('{"n": 1.0, "x": 1, "big": 123456789012345678901}') as Values;
    const text = String(
      chatAdapter.format(parseSignature('n: int, x: float, big: int -> y'), [], inputs).at(-1)?.content,
    );
    expect(text).toContain('## n ## ]]\n1.0\n');
    expect(text).toContain('## x ## ]]\n1\n');
    expect(text).toContain('123456789012345678901');
  });
});

describe('streaming by output field', () => {
  const stream = (text: string, sizes: readonly number[]): { [field: string]: string } => {
    const push = chatAdapter.stream?.(signature);
    const joined: { [field: string]: string } = {};
    let at = 0;
    for (let turn = 0; at < text.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      for (const piece of push?.(text.slice(at, at + size)) ?? [])
        joined[piece.field] = (joined[piece.field] ?? '') + piece.text;
      at += size;
    }
    return joined;
  };

  it('gives the same text however the answer is cut', () => {
    const wanted = { reasoning: 'Because.', answer: '42', label: 'yes' };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        expect(stream(answer, sizes)).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps blank lines inside a field, brackets that open no marker, and nothing of fields that are no outputs', () => {
    const text =
      'Hello\n[[ ## other ## ]]\nx\n[[ ## reasoning ## ]]\n\n one\n\n [[ two ## ]\n[[ three\n\n[[ ## label ## ]] no\n[[ ## reasoning ## ]]\nagain';
    for (const size of [1, 2, 3, 7, 1000])
      expect(stream(text, [size])).toEqual({ reasoning: 'one\n\n [[ two ## ]\n[[ three', label: 'no' });
  });

  it('passes text on as soon as it cannot be part of a marker', () => {
    const push = chatAdapter.stream?.(signature);
    expect(push?.('[[ ## reasoning ## ]]\nThe ')).toEqual([{ field: 'reasoning', text: 'The' }]);
    expect(push?.('cat')).toEqual([{ field: 'reasoning', text: ' cat' }]);
    expect(push?.('\n\n[[')).toEqual([]);
    expect(push?.(' no')).toEqual([{ field: 'reasoning', text: '\n\n[[ no' }]);
  });
});
