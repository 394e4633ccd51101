import { normalizeText, words } from '#lib/base/normalize-text';
import { acceptedAnswers, readPair, textOf } from './read-pair.ts';
import type { MetricSpec, ScoreFunction } from './spec.ts';

/** Token F1 of the output against the best accepted answer, as DSPy's `F1`. */
export function f1(spec: Extract<MetricSpec, { kind: 'f1' }>): ScoreFunction {
  return (labels, outputs) => {
    const { label, output } = readPair(spec, labels, outputs);
    const text = textOf(output);
    const scores = acceptedAnswers(label, output).map((answer) => tokenF1(text, textOf(answer)));
    return { value: Math.max(0, ...scores) };
  };
}

/** Harmonic mean of token precision and recall after normalisation; 0 for two empty texts, as in DSPy. */
export function tokenF1(prediction: string, truth: string): number {
  const predicted = words(normalizeText(prediction));
  const wanted = words(normalizeText(truth));
  const left = new Map<string, number>();
  for (const word of wanted) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of predicted) {
    const count = left.get(word) ?? 0;
    if (count > 0) {
      common++;
      left.set(word, count - 1);
    }
  }
  return common === 0 ? 0 : (2 * common) / (predicted.length + wanted.length);
}
