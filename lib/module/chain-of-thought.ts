import type { Signature } from '#lib/signature/signature';

// DSPy's "nobody described this": rendered as nothing.
const PLACEHOLDER = '$' + '{reasoning}';

/** Asks for the thinking before the answer: `reasoning: str` becomes the first output. Source: dspy.ChainOfThought. */
export function withReasoning(signature: Signature): Signature {
  const reasoning = { name: 'reasoning', type: { kind: 'str' as const }, description: PLACEHOLDER };
  return { ...signature, outputs: [reasoning, ...signature.outputs] };
}
