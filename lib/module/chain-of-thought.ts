import type { Signature } from '#lib/signature/signature';
import type { ModuleKind } from './forward.ts';

// DSPy's "nobody described this": rendered as nothing.
const PLACEHOLDER = '$' + '{reasoning}';

/** dspy.ChainOfThought: asks for the thinking before the answer. */
export const chainOfThought: ModuleKind = {
  doc: 'One call that reasons first, then fills in the outputs.',
  predictors: ({ signature }) => ({ predict: withReasoning(signature) }),
  face: ({ signature }) => withReasoning(signature),
  forward: (run) => run.predict('predict', run.inputs),
};

/** `reasoning: str` becomes the first output. */
export function withReasoning(signature: Signature): Signature {
  const reasoning = { name: 'reasoning', type: { kind: 'str' as const }, description: PLACEHOLDER };
  return { ...signature, outputs: [reasoning, ...signature.outputs] };
}
