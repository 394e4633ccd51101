import { composite } from './composite.ts';
import { contains } from './contains.ts';
import { exactMatch } from './exact-match.ts';
import { f1 } from './f1.ts';
import { numeric } from './numeric.ts';
import type { MetricSpec, ScoreFunction } from './spec.ts';

const builders: { [K in MetricSpec['kind']]: (spec: Extract<MetricSpec, { kind: K }>) => ScoreFunction } = {
  exact_match: exactMatch,
  f1,
  contains,
  numeric,
  composite: (spec) => composite(spec, scoreFunction),
};

/** The metric as a function of an example's labels and a program's outputs. `scoreFunction({kind: 'f1', output: 'answer'})` */
export function scoreFunction(spec: MetricSpec): ScoreFunction {
  return (builders[spec.kind] as (spec: MetricSpec) => ScoreFunction)(spec);
}

/** The program outputs a metric reads: only what leads to them needs to be run. */
export function readsOutputs(spec: MetricSpec): string[] {
  if (spec.kind !== 'composite') return [spec.output];
  return [...new Set(spec.parts.flatMap((part) => readsOutputs(part.metric)))];
}

/** The labels a metric reads: what a dataset must have to be scored by it. */
export function readsLabels(spec: MetricSpec): string[] {
  if (spec.kind !== 'composite') return [spec.label ?? spec.output];
  return [...new Set(spec.parts.flatMap((part) => readsLabels(part.metric)))];
}
