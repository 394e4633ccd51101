import { describe, expect, it } from 'vitest';
import { jsonAdapter } from '#lib/adapter/json';
import type { JsonObject } from '#lib/base/json';
import { golden, type SignatureSpec, signatureOf } from './golden-files.ts';

interface FormatFile {
  cases: { signature: SignatureSpec; schema?: JsonObject; fails?: string }[];
}

describe('the JSON adapter asks for the schema DSPy asks for', () => {
  const { cases, types } = golden<FormatFile>('response-formats');
  it.each(cases.map((one) => [JSON.stringify(one.signature), one] as const))('%s', (_, { signature, schema }) => {
    const format = jsonAdapter.responseFormat?.(signatureOf(signature, types));
    if (schema === undefined || format?.type === 'json_object') expect(format).toEqual({ type: 'json_object' });
    else expect(format).toMatchObject({ type: 'json_schema', strict: true, schema });
  });
});
