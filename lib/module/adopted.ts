import type { ModuleKind } from './forward.ts';
import { inPythonOnly } from './python-only.ts';

/** A user's own dspy.Module: its `forward` is Python, so nothing but Python runs it. */
export const adopted: ModuleKind = {
  doc: 'A dspy.Module of the user, hosted unchanged in Python.',
  predictors: ({ adopted: program }) =>
    Object.fromEntries((program?.predictors ?? []).map(({ name, signature }) => [name, signature])),
  face: ({ signature: { inputs, outputs }, adopted: program }) => ({
    inputs,
    outputs: [...outputs, ...(program?.echoed ?? [])],
  }),
  forward: inPythonOnly,
};
