import { describe, expect, it } from 'vitest';
import { adapters } from '#lib/adapter/adapters';
import { exactGolden, golden, type PromptCase, type SignatureSpec, signatureOf } from './golden-files.ts';

interface PromptFile {
  signatures: SignatureSpec[];
  cases: { systems: string[]; list: PromptCase[] };
}

describe.each(['chat', 'json', 'xml'] as const)('the %s adapter renders what DSPy renders, byte for byte', (name) => {
  const { signatures, cases, types } = golden<PromptFile>(`${name}-prompts`);
  // Numbers written 1 or 1.0 differ only in the text of the file; both ways of reading it must give DSPy's prompt.
  const exact = exactGolden<PromptFile>(`${name}-prompts`).cases.list;
  const built = signatures.map((spec) => signatureOf(spec, types));

  it.each(cases.list.map((one, index) => [one.name, one, exact[index] ?? one] as const))('%s', (_, one, exactOne) => {
    const signature = built[one.signature];
    if (signature === undefined) throw new Error('the golden names a signature that is not there');
    const wanted = one.messages.map(({ role, content }) => ({
      role,
      content: role === 'system' ? cases.systems[content as number] : content,
    }));
    expect(adapters[name].format(signature, exactOne.demos ?? [], exactOne.inputs)).toEqual(wanted);
    if (!one.mistyped) expect(adapters[name].format(signature, one.demos ?? [], one.inputs)).toEqual(wanted);
  });
});
