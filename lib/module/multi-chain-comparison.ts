import type { Field, FieldType, Signature } from '#lib/signature/signature';
import type { ModuleKind } from './forward.ts';
import { inPythonOnly } from './python-only.ts';
import type { ModuleSpec } from './spec.ts';

const ATTEMPTS = 3;
const COMPLETIONS: FieldType = { kind: 'list', item: { kind: 'dict', key: { kind: 'str' }, value: { kind: 'any' } } };
const placeholder = (text: string): string => `\${${text}}`;

/**
 * dspy.MultiChainComparison: reads `completions`, as many attempts as `options.n` says (each with `reasoning` and the last
 * output), and reasons over them to one answer.
 */
export const multiChainComparison: ModuleKind = {
  doc: 'Compares several attempts at an answer and gives a better one. Python only.',
  predictors: (spec) => ({ predict: comparing(spec) }),
  face: ({ signature }) => ({
    inputs: [{ name: 'completions', type: COMPLETIONS, description: '' }, ...signature.inputs],
    outputs: [RATIONALE, ...signature.outputs],
  }),
  forward: inPythonOnly,
};

const RATIONALE: Field = {
  name: 'rationale',
  type: { kind: 'str' },
  description: placeholder('corrected reasoning'),
  prefix: "Accurate Reasoning: Thank you everyone. Let's now holistically",
};

function comparing({ signature, options }: ModuleSpec): Signature {
  const attempts = Array.from(
    { length: options?.n ?? ATTEMPTS },
    (_, i): Field => ({
      name: `reasoning_attempt_${i + 1}`,
      type: { kind: 'str' },
      description: placeholder('reasoning attempt'),
      prefix: `Student Attempt #${i + 1}:`,
    }),
  );
  return { ...signature, inputs: [...signature.inputs, ...attempts], outputs: [RATIONALE, ...signature.outputs] };
}
