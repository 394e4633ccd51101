import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '#lib/base/json';
import type { LocalPython } from '#lib/local/python/python';
import { golden, type PromptCase, type SignatureSpec, signatureOf } from '../adapter/golden-files.ts';
import { MAKING_MS, realPython } from './runtime.ts';

/** JSON as JavaScript writes it has no -0.0. */
const hasNegativeZero = (inputs: object): boolean => Object.values(inputs).some((value) => Object.is(value, -0));

interface PromptFile {
  signatures: SignatureSpec[];
  cases: { systems: string[]; list: PromptCase[] };
}

let python: LocalPython;
beforeAll(async () => {
  python = await realPython();
}, MAKING_MS);
afterAll(() => python.close(0));

describe.each(['chat', 'json', 'xml'] as const)('signatures and values sent to Python as data, in %s', (adapter) => {
  it('make the prompts of the classes and objects a DSPy user writes, byte for byte', {
    timeout: MAKING_MS,
  }, async () => {
    const { signatures, cases, types } = golden<PromptFile>(`${adapter}-prompts`);
    const built = signatures.map((spec) => signatureOf(spec, types));
    const wrong: string[] = [];
    for (const { name, signature: index, demos = [], inputs, messages, mistyped } of cases.list) {
      const wanted = messages.map(({ role, content }) => ({
        role,
        content: role === 'system' ? cases.systems[content as number] : content,
      }));
      // What a user's mistaken value is in Python, JSON cannot say.
      if (mistyped || hasNegativeZero(inputs)) continue;
      const payload = { adapter, signature: built[index], demos, inputs } as unknown as JsonObject;
      const rendered = await python
        .call({ operation: 'render', payload })
        .catch((error: unknown) => ({ messages: String(error) }));
      if (JSON.stringify(rendered.messages) !== JSON.stringify(wanted)) wrong.push(name);
    }
    expect(wrong).toEqual([]);
    expect(cases.list.length).toBeGreaterThan(300);
  });
});
