import { normalizeText } from '#lib/base/normalize-text';
import { acceptedAnswers, readPair, textOf } from './read-pair.ts';
import type { MetricSpec, ScoreFunction } from './spec.ts';

/** 1 when an accepted answer occurs in the output, both normalised. An empty answer occurs only in an empty output. */
export function contains(spec: Extract<MetricSpec, { kind: 'contains' }>): ScoreFunction {
  return (labels, outputs) => {
    const { label, output } = readPair(spec, labels, outputs);
    const texts = (Array.isArray(output) ? output : [output]).map((item) => normalizeText(textOf(item)));
    const occurs = acceptedAnswers(label, null).some((answer) => {
      const wanted = normalizeText(textOf(answer));
      return texts.some((text) => (wanted === '' ? text === '' : text.includes(wanted)));
    });
    return { value: occurs ? 1 : 0 };
  };
}
