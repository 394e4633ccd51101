import { describe, expect, it } from 'vitest';
import { adapters } from '#lib/adapter/adapters';
import { ParseFailure } from '#lib/adapter/parse-failure';
import { isJsonObject, type Json } from '#lib/base/json';
import type { FieldType, Signature, Values } from '#lib/signature/signature';
import { type CompletionCase, golden, type SignatureSpec, signatureOf } from './golden-files.ts';
import { REPAIR_DIFFERENCES } from './known-differences.ts';

interface CompletionFile {
  signatures: SignatureSpec[];
  cases: CompletionCase[];
}

describe.each(['chat', 'json', 'xml'] as const)('the %s adapter reads an answer as DSPy reads it', (name) => {
  const { signatures, cases, types } = golden<CompletionFile>(`${name}-completions`);
  const built = signatures.map((spec) => signatureOf(spec, types));

  it.each(
    cases.map((one) => [`${outputsOf(signatures[one.signature])}: ${JSON.stringify(one.completion)}`, one] as const),
  )('%s', (_, { signature: index, completion, values }) => {
    const signature = built[index];
    if (signature === undefined) throw new Error('the golden names a signature that is not there');
    const known = name === 'json' ? REPAIR_DIFFERENCES.get(completion) : undefined;
    if (known !== undefined && holdsAll(signature, known.ours))
      expect(adapters[name].parse(signature, completion)).toEqual(known.ours);
    else if (values === undefined) expect(() => adapters[name].parse(signature, completion)).toThrow(ParseFailure);
    else expect(sortSets(signature, adapters[name].parse(signature, completion))).toEqual(values);
  });
});

function holdsAll(signature: Signature, value: Json): boolean {
  return signature.outputs.every(({ name }) => isJsonObject(value) && Object.hasOwn(value, name));
}

function outputsOf(spec: SignatureSpec | undefined): string {
  return spec?.text ?? spec?.outputs?.map(({ type }) => String(type)).join(', ') ?? '';
}

/** Python's sets have no order; the goldens hold them sorted. */
function sortSets(signature: Signature, values: Values): Values {
  return Object.fromEntries(
    signature.outputs.map(({ name, type }) => {
      const value = values[name] ?? null;
      return [name, isSet(type) && Array.isArray(value) ? [...value].sort() : value];
    }),
  );
}

function isSet({ kind }: FieldType): boolean {
  return kind === 'set' || kind === 'frozenset';
}
