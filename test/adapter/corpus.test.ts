import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { adapters } from '#lib/adapter/adapters';
import { ParseFailure } from '#lib/adapter/parse-failure';
import { parseSignature } from '#lib/signature/parse';

// Answers that once were, or well could be, trouble. What fuzzing finds is added as a file.
const folder = new URL('corpus/', import.meta.url);
const corpus = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const);
const signature = parseSignature('question -> reasoning, answer: int, label: Literal["yes", "no"]');

describe.each(['chat', 'json', 'xml'] as const)('whatever a model answers, the %s adapter', (name) => {
  it.each(corpus)('gives outputs of the declared types or a ParseFailure, cut off anywhere: %s', (_, text) => {
    for (let end = text.length; end >= 0; end--) {
      try {
        const values = adapters[name].parse(signature, text.slice(0, end));
        expect(Object.keys(values)).toEqual(['reasoning', 'answer', 'label']);
        expect(typeof values.reasoning).toBe('string');
        expect(Number.isInteger(values.answer)).toBe(true);
        expect(['yes', 'no']).toContain(values.label);
      } catch (error) {
        if (!(error instanceof ParseFailure)) throw error;
      }
    }
  });

  it.each([
    ['text', 'x'.repeat(10_000_000)],
    ['lines', 'x\n'.repeat(3_000_000)],
    ['tags', '<answer>'.repeat(300_000)],
    ['ampersands', `<reasoning>${'&amp;'.repeat(1_000_000)}</reasoning>`],
    ['a long text in quotes', `{"reasoning": "${'x'.repeat(5_000_000)}", "answer": "?"}`],
  ])(
    'ends, also for megabytes of %s',
    (_, text) => {
      expect(() => adapters[name].parse(signature, text)).toThrow(ParseFailure);
    },
    60_000,
  );
});
