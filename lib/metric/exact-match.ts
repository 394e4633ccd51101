import { canonicalJson, type Json } from '#lib/base/json';
import { normalizeText } from '#lib/base/normalize-text';
import { acceptedAnswers, readPair, textOf } from './read-pair.ts';
import type { MetricSpec, ScoreFunction } from './spec.ts';

/** 1 when the output is one of the accepted answers, after DSPy's normalisation unless it is switched off. */
export function exactMatch(spec: Extract<MetricSpec, { kind: 'exact_match' }>): ScoreFunction {
  const same = spec.normalize === false ? sameText : sameNormalized;
  return (labels, outputs) => {
    const { label, output } = readPair(spec, labels, outputs);
    return { value: acceptedAnswers(label, output).some((answer) => same(answer, output)) ? 1 : 0 };
  };
}

const isScalar = (value: Json): boolean => typeof value !== 'object' || value === null;
const sameText = (a: Json, b: Json): boolean => canonicalJson(a) === canonicalJson(b) || textOf(a) === textOf(b);

function sameNormalized(a: Json, b: Json): boolean {
  if (a === null || b === null) return a === b;
  // Numbers and structures have no articles or punctuation to forgive: "-1" is not "1".
  if (typeof a === 'string' && typeof b === 'string') return normalizeText(a) === normalizeText(b);
  if (!isScalar(a) || !isScalar(b)) return sameText(a, b);
  return textOf(a).trim().toLowerCase() === textOf(b).trim().toLowerCase();
}
