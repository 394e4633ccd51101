import { StepFailure } from '#lib/base/failure';
import { canonicalJson, type Json } from '#lib/base/json';
import type { Values } from '#lib/signature/signature';

/** The label and the output a metric compares; throws StepFailure naming the one that is not there. */
export function readPair(
  spec: { output: string; label?: string },
  labels: Values,
  outputs: Values,
): { label: Json; output: Json } {
  return {
    label: readField(labels, spec.label ?? spec.output, 'label', 'Input.Invalid'),
    output: readField(outputs, spec.output, 'output', 'Output.Invalid'),
  };
}

/** A field of an example or a prediction; throws StepFailure naming what is there when it is not. */
export function readField(
  values: Values,
  name: string,
  noun: string,
  failure: 'Input.Invalid' | 'Output.Invalid',
): Json {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return value;
  const message = `the metric reads ${noun} "${name}"; there are [${Object.keys(values).join(', ')}]`;
  throw new StepFailure(failure, message, { retryable: false });
}

/** A value as compared text: text as it is, `null` as nothing, everything else as JSON. */
export function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : canonicalJson(value);
}

/** The answers a label accepts: a list of them for an output that is not a list, as DSPy's answer metrics do. */
export function acceptedAnswers(label: Json, output: Json): Json[] {
  return Array.isArray(label) && !Array.isArray(output) ? label : [label];
}
