import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSignature } from '#lib/signature/parse';
import { inferPrefix } from '#lib/signature/prefix';
import { formatSignature, formatType } from '#lib/signature/print';
import { SignatureSyntaxError } from '#lib/signature/syntax-error';

interface SignatureCase {
  text: string;
  inputs?: number;
  fields?: [name: string, type: string][];
  instructions?: string;
  prefixes?: string[];
  fails?: string;
}

const file = new URL('../adapter/goldens/signatures.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: SignatureCase[] };

/** Strings DSPy refuses or misreads and this project reads; each with the reason. */
const ACCEPTED: ReadonlyMap<string, string> = new Map([
  ['Image', 'DSPy finds the class in the caller; here the names of its own types are known'],
]);
/** Strings DSPy takes and this project refuses. */
const REFUSED: ReadonlyMap<string, string> = new Map([]);

function differs(known: ReadonlyMap<string, string>, text: string): boolean {
  return [...known.keys()].some((part) => text.includes(`: ${part}`) || text === part);
}

describe('a signature string means what it means to DSPy', () => {
  it.each(
    cases
      .filter((one) => one.fields !== undefined && !differs(REFUSED, one.text))
      .map((one) => [JSON.stringify(one.text), one] as const),
  )('%s', (_, one) => {
    const signature = parseSignature(one.text);
    const fields = [...signature.inputs, ...signature.outputs];
    expect(fields.map(({ name, type }) => [name, formatType(type)])).toEqual(one.fields);
    expect(signature.inputs.length).toBe(one.inputs);
    expect(signature.instructions).toBe(one.instructions);
    expect(fields.map(({ name }) => `${inferPrefix(name)}:`)).toEqual(one.prefixes);
    expect(parseSignature(formatSignature(signature))).toEqual(signature);
  });

  it.each(
    cases
      .filter((one) => one.fails !== undefined && !differs(ACCEPTED, one.text))
      .map(({ text }) => [JSON.stringify(text), text] as const),
  )('is refused where DSPy refuses it: %s', (_, text) => {
    expect(() => parseSignature(text)).toThrow(SignatureSyntaxError);
  });
});
