import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairJson } from '#lib/adapter/json-repair';
import { plainJson } from '#lib/adapter/read-value';
import type { Json } from '#lib/base/json';
import { Mismatch } from '#lib/signature/mismatch';
import { golden } from './golden-files.ts';
import { REPAIR_DIFFERENCES } from './known-differences.ts';

describe('broken JSON is repaired as the json-repair package repairs it', () => {
  const { cases } = golden<{ cases: [string, Json][] }>('json-repair');
  const equal = cases.filter(([text]) => !REPAIR_DIFFERENCES.has(text));

  it.each(equal.map(([text, value]) => [JSON.stringify(text), text, value] as const))('%s', (_, text, value) => {
    expect(plainJson(repairJson(text))).toEqual(value);
  });

  it.each(
    cases.flatMap(([text, theirs]) => {
      const known = REPAIR_DIFFERENCES.get(text);
      return known === undefined ? [] : [[JSON.stringify(text), text, theirs, known] as const];
    }),
  )('except, knowingly, %s', (_, text, theirs, { ours }) => {
    expect(plainJson(repairJson(text))).toEqual(ours);
    expect(ours).not.toEqual(theirs);
  });
});

describe('whatever the text, repair ends in a value or a Mismatch', () => {
  const pieces = fc.constantFrom(
    ...'{}[]()",:\'“”\\/#*`\n\t ',
    '"a"',
    'true',
    'None',
    '1.5',
    '-',
    'x',
    '```json',
    '\\u12',
    '\ud800',
  );

  it('for any run of JSON pieces', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        try {
          JSON.stringify(plainJson(repairJson(parts.join(''))));
        } catch (error) {
          expect(error).toBeInstanceOf(Mismatch);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('and JSON itself comes back as it is, cut off anywhere it still is a value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value);
        expect(plainJson(repairJson(text))).toEqual(JSON.parse(text));
        plainJson(repairJson(text.slice(0, cut % (text.length + 1))));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['opening brackets', '['.repeat(200_000)],
    ['opening braces', '{"a":'.repeat(100_000)],
    ['quotes', `{"a": "${'" '.repeat(200_000)}`],
    ['commas', `{"a": "${'x, '.repeat(200_000)}`],
    ['keys', `{${'"k": "v" '.repeat(50_000)}`],
    ['backslashes', `{"a": "${'\\'.repeat(400_001)}`],
    ['blanks', `{"a"${' '.repeat(400_000)}`],
    ['brackets and prose', '[x '.repeat(400)],
  ])('hostile %s end in linear time', (_, text) => {
    try {
      repairJson(text);
    } catch (error) {
      expect(error).toBeInstanceOf(Mismatch);
    }
  });
});
