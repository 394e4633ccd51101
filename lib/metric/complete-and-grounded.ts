import type { Json } from '#lib/base/json';
import { parseSignature } from '#lib/signature/parse';
import { asked, judging } from './judge.ts';
import { readField, readPair, textOf } from './read-pair.ts';
import { harmonicMean, toShare } from './semantic-f1.ts';
import type { CompleteAndGroundedSpec, MetricHands, ScoreFunction } from './spec.ts';

// The two signatures of dspy.evaluate.auto_evaluation have these names and fields: both judges are asked the same.
const COMPLETENESS = judging(
  parseSignature(
    'question, ground_truth, system_response -> ground_truth_key_ideas: str, system_response_key_ideas: str, discussion: str, completeness: float',
    {
      name: 'AnswerCompleteness',
      instructions: [
        "Estimate the completeness of a system's responses, against the ground truth.",
        'You will first enumerate key ideas in each response, discuss their overlap, and then report completeness.',
      ].join('\n'),
      fields: {
        ground_truth_key_ideas: { description: 'enumeration of key ideas in the ground truth' },
        system_response_key_ideas: { description: 'enumeration of key ideas in the system response' },
        discussion: { description: 'discussion of the overlap between ground truth and system response' },
        completeness: { description: 'fraction (out of 1.0) of ground truth covered by the system response' },
      },
    },
  ),
);
const GROUNDEDNESS = judging(
  parseSignature(
    'question, retrieved_context, system_response -> system_response_claims: str, discussion: str, groundedness: float',
    {
      name: 'AnswerGroundedness',
      instructions: [
        "Estimate the groundedness of a system's responses, against real retrieved documents written by people.",
        'You will first enumerate whatever non-trivial or check-worthy claims are made in the system response, and then',
        'discuss the extent to which some or all of them can be deduced from the retrieved context and basic commonsense.',
      ].join('\n'),
      fields: {
        system_response_claims: {
          description: 'enumeration of non-trivial or check-worthy claims in the system response',
        },
        discussion: { description: 'discussion of how supported the claims are by the retrieved context' },
        groundedness: {
          description: 'fraction (out of 1.0) of system response supported by the retrieved context',
        },
      },
    },
  ),
);

/** Passages as DSPy shows a list in a field for text. */
const passages = (context: Json): Json =>
  Array.isArray(context)
    ? context.map((passage, at) => `[${at + 1}] «${textOf(passage)}»`).join('\n')
    : textOf(context);

/** The harmonic mean of completeness and groundedness, each cut to [0, 1]: two calls of the judge for each pair. */
export function completeAndGrounded(spec: CompleteAndGroundedSpec, hands: MetricHands): ScoreFunction {
  return async (labels, outputs, inputs = {}) => {
    const { label, output } = readPair(spec, labels, outputs);
    const question = readField(inputs, spec.question ?? 'question', 'input', 'Input.Invalid');
    const context = readField(outputs, spec.context ?? 'context', 'output', 'Output.Invalid');
    const shown = { question, system_response: output };
    const [complete, grounded] = await Promise.all([
      asked(COMPLETENESS, spec.lm, { ...shown, ground_truth: label }, hands),
      asked(GROUNDEDNESS, spec.lm, { ...shown, retrieved_context: passages(context) }, hands),
    ]);
    const completeness = toShare(complete.answer.completeness);
    const groundedness = toShare(grounded.answer.groundedness);
    return {
      value: harmonicMean(completeness, groundedness),
      parts: { completeness, groundedness },
      reason: [complete.reason, grounded.reason].filter((reason) => reason !== '').join('\n'),
      calls: [...complete.calls, ...grounded.calls],
    };
  };
}
