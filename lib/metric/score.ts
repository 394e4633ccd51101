import { completeAndGrounded } from './complete-and-grounded.ts';
import { composite } from './composite.ts';
import { contains } from './contains.ts';
import { exactMatch } from './exact-match.ts';
import { f1 } from './f1.ts';
import { jsonSchema } from './json-schema.ts';
import { judge } from './judge.ts';
import { numeric } from './numeric.ts';
import { pythonFunction } from './python-function.ts';
import { regex } from './regex.ts';
import { semanticF1 } from './semantic-f1.ts';
import type { MetricHands, MetricSpec, ScoreFunction } from './spec.ts';

type Of<K extends MetricSpec['kind']> = Extract<MetricSpec, { kind: K }>;

/** What each kind is: how it scores, and which fields it looks at. */
const KINDS: {
  [K in MetricSpec['kind']]: {
    build(spec: Of<K>, hands: MetricHands): ScoreFunction;
    outputs(spec: Of<K>): string[];
    labels(spec: Of<K>): string[];
    inputs?(spec: Of<K>): string[];
  };
} = {
  exact_match: { build: exactMatch, outputs: (spec) => [spec.output], labels: labelOf },
  f1: { build: f1, outputs: (spec) => [spec.output], labels: labelOf },
  contains: { build: contains, outputs: (spec) => [spec.output], labels: labelOf },
  numeric: { build: numeric, outputs: (spec) => [spec.output], labels: labelOf },
  regex: { build: regex, outputs: (spec) => [spec.output], labels: () => [] },
  json_schema: { build: jsonSchema, outputs: (spec) => [spec.output], labels: () => [] },
  judge: {
    build: judge,
    outputs: (spec) => spec.outputs,
    labels: (spec) => spec.labels ?? [],
    inputs: (spec) => spec.inputs ?? [],
  },
  semantic_f1: {
    build: semanticF1,
    outputs: (spec) => [spec.output],
    labels: labelOf,
    inputs: (spec) => [spec.question ?? 'question'],
  },
  complete_and_grounded: {
    build: completeAndGrounded,
    outputs: (spec) => [spec.output, spec.context ?? 'context'],
    labels: labelOf,
    inputs: (spec) => [spec.question ?? 'question'],
  },
  python: { build: pythonFunction, outputs: (spec) => spec.outputs, labels: () => [] },
  composite: {
    build: (spec, hands) => composite(spec, (part) => scoreFunction(part, hands)),
    outputs: (spec) => spec.parts.flatMap((part) => readsOutputs(part.metric)),
    labels: (spec) => spec.parts.flatMap((part) => readsLabels(part.metric)),
    inputs: (spec) => spec.parts.flatMap((part) => readsInputs(part.metric)),
  },
};

function labelOf(spec: { output: string; label?: string }): string[] {
  return [spec.label ?? spec.output];
}

interface Kind {
  build(spec: MetricSpec, hands: MetricHands): ScoreFunction;
  outputs(spec: MetricSpec): string[];
  labels(spec: MetricSpec): string[];
  inputs?(spec: MetricSpec): string[];
}
const kindOf = (spec: MetricSpec) => KINDS[spec.kind] as unknown as Kind;

/**
 * The metric as a function of an example's labels and a program's outputs. `scoreFunction({kind: 'f1', output: 'answer'})`
 * Without the hands a metric needs, every example fails with `Module.Unsupported`.
 */
export function scoreFunction(spec: MetricSpec, hands: MetricHands = {}): ScoreFunction {
  return kindOf(spec).build(spec, hands);
}

const fields = (side: 'outputs' | 'labels' | 'inputs') => (spec: MetricSpec) => [
  ...new Set(kindOf(spec)[side]?.(spec) ?? []),
];

/** The program outputs a metric reads: only what leads to them needs to be run. */
export const readsOutputs = fields('outputs');
/** The labels a metric reads: what a dataset must have to be scored by it. */
export const readsLabels = fields('labels');
/** The example inputs a metric reads, which only judges do. */
export const readsInputs = fields('inputs');
