import type { Json } from '#lib/base/json';
import { parseSignature } from '#lib/signature/parse';
import { asked, judging } from './judge.ts';
import { readField, readPair } from './read-pair.ts';
import type { MetricHands, ScoreFunction, SemanticF1Spec } from './spec.ts';

/** What a model gave for a share: cut to [0, 1], and 0 when it is no number. */
export const toShare = (part: Json | undefined): number =>
  typeof part === 'number' ? Math.min(1, Math.max(0, part)) : 0;

export const harmonicMean = (a: number, b: number): number => (a + b === 0 ? 0 : (2 * a * b) / (a + b));

const share = (of: string, by: string) => ({ description: `fraction (out of 1.0) of ${of} covered by the ${by}` });

// The signature of dspy.evaluate.auto_evaluation, word for word: the two judges must ask the same question.
const RECALL_PRECISION = judging(
  parseSignature('question, ground_truth, system_response -> recall: float, precision: float', {
    name: 'SemanticRecallPrecision',
    instructions: [
      "Compare a system's response to the ground truth to compute its recall and precision.",
      'If asked to reason, enumerate key ideas in each response, and whether they are present in the other response.',
    ].join('\n'),
    fields: {
      recall: share('ground truth', 'system response'),
      precision: share('system response', 'ground truth'),
    },
  }),
);

/** The harmonic mean of the recall and precision a model sees, each cut to [0, 1]; 0 when both are, as in DSPy. */
export function semanticF1(spec: SemanticF1Spec, hands: MetricHands): ScoreFunction {
  return async (labels, outputs, inputs = {}) => {
    const { label, output } = readPair(spec, labels, outputs);
    const question = readField(inputs, spec.question ?? 'question', 'input', 'Input.Invalid');
    const shown = { question, ground_truth: label, system_response: output };
    const { answer, reason, calls } = await asked(RECALL_PRECISION, spec.lm, shown, hands);
    const recall = toShare(answer.recall);
    const precision = toShare(answer.precision);
    return { value: harmonicMean(recall, precision), parts: { recall, precision }, reason, calls };
  };
}
