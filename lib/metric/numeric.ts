import { StepFailure } from '#lib/base/failure';
import type { Json } from '#lib/base/json';
import { readPair, textOf } from './read-pair.ts';
import type { MetricSpec, ScoreFunction } from './spec.ts';

/** 1 when the output is a number within `tolerance` of the label (a share of the label when `relative`). */
export function numeric(spec: Extract<MetricSpec, { kind: 'numeric' }>): ScoreFunction {
  const tolerance = spec.tolerance ?? 0;
  return (labels, outputs) => {
    const { label, output } = readPair(spec, labels, outputs);
    const wanted = numberOf(label);
    if (wanted === undefined) {
      const message = `label "${spec.label ?? spec.output}" is not a number: ${textOf(label).slice(0, 80)}`;
      throw new StepFailure('Input.Invalid', message, { retryable: false });
    }
    const got = numberOf(output);
    if (got === undefined) return { value: 0, reason: `not a number: ${textOf(output).slice(0, 80)}` };
    const allowed = spec.relative === true ? tolerance * Math.abs(wanted) : tolerance;
    // The slack forgives 0.1 + 0.2, nothing a person would call a difference.
    const slack = 1e-12 * Math.max(1, Math.abs(wanted), Math.abs(got));
    return { value: Math.abs(got - wanted) <= allowed + slack ? 1 : 0 };
  };
}

/** A number, or text that is one: surrounding space and thousands commas are forgiven, units are not. */
function numberOf(value: Json): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const plain = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return undefined;
  const number = Number(plain);
  return Number.isFinite(number) ? number : undefined;
}
