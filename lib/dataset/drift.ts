import { canonicalJson, type Json } from '#lib/base/json';
import type { Example } from './example.ts';
import { typeOf } from './statistics.ts';

export interface FieldDrift {
  field: string;
  side: 'inputs' | 'labels';
  /** What was compared: the values themselves, numbers in tenths of the reference, or the lengths of texts. */
  by: 'value' | 'number' | 'length';
  /** Population stability index, >= 0. */
  psi: number;
  /** The usual reading: below 0.1 stable, below 0.25 moderate, else large. */
  verdict: 'stable' | 'moderate' | 'large';
}

const MAX_CATEGORIES = 30;
const BINS = 10;
const ABSENT = '(absent)';

/**
 * How far each field of `current` has moved from `reference`, largest first. Half an example is added to every bin, so
 * that a value one side lacks counts without counting infinitely.
 */
export function datasetDrift(reference: readonly Example[], current: readonly Example[]): FieldDrift[] {
  if (reference.length === 0 || current.length === 0) return [];
  const drifts: FieldDrift[] = [];
  for (const side of ['inputs', 'labels'] as const) {
    const names = new Set([...reference, ...current].flatMap((example) => Object.keys(example[side])));
    for (const field of names) {
      const read = (example: Example): Json | undefined =>
        Object.hasOwn(example[side], field) ? example[side][field] : undefined;
      const before = reference.map(read);
      const { by, bin } = binning(before);
      const psi = stabilityIndex(before.map(bin), current.map(read).map(bin));
      drifts.push({ field, side, by, psi, verdict: psi < 0.1 ? 'stable' : psi < 0.25 ? 'moderate' : 'large' });
    }
  }
  return drifts.sort((a, b) => b.psi - a.psi);
}

/** Sum over bins of (q - p) ln(q / p), with shares p before and q after. */
export function stabilityIndex(before: readonly string[], after: readonly string[]): number {
  const bins = [...new Set([...before, ...after])];
  const shares = (values: readonly string[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return new Map(bins.map((bin) => [bin, ((counts.get(bin) ?? 0) + 0.5) / (values.length + bins.length / 2)]));
  };
  const p = shares(before);
  const q = shares(after);
  return bins.reduce((sum, bin) => {
    const [was = 0, is = 0] = [p.get(bin), q.get(bin)];
    return sum + (is - was) * Math.log(is / was);
  }, 0);
}

function binning(values: readonly (Json | undefined)[]): {
  by: FieldDrift['by'];
  bin: (value: Json | undefined) => string;
} {
  const present = values.filter((value) => value !== undefined);
  const texts = new Set(present.map((value) => canonicalJson(value)));
  if (texts.size <= MAX_CATEGORIES) {
    // Values the reference never had share a bin: a handful of new labels is one change, not many.
    return {
      by: 'value',
      bin: (value) => (value === undefined ? ABSENT : texts.has(canonicalJson(value)) ? canonicalJson(value) : '(new)'),
    };
  }
  const numeric = present.every((value) => typeof value === 'number');
  const measure = (value: Json): number =>
    typeof value === 'number' ? value : typeof value === 'string' ? value.length : canonicalJson(value).length;
  const ascending = present.map(measure).sort((a, b) => a - b);
  const edges = Array.from(
    { length: BINS - 1 },
    (_, index) => ascending[Math.floor(((index + 1) * ascending.length) / BINS)] ?? 0,
  );
  const kinds = new Set(present.map(typeOf));
  return {
    by: numeric ? 'number' : 'length',
    bin: (value) => {
      if (value === undefined) return ABSENT;
      if (!kinds.has(typeOf(value))) return `(${typeOf(value)})`;
      return String(edges.filter((edge) => measure(value) >= edge).length);
    },
  };
}
