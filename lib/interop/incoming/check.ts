import { inferPrefix } from '#lib/signature/prefix';
import type { Field, Signature } from '#lib/signature/signature';
import type { PredictorState } from '../state/read-state.ts';

/** DSPy's state names no field: only count and labels tell whether a signature is the one that was saved. */

/** The label DSPy's state has for a field. */
export function prefixOf(field: Field): string {
  return field.prefix ?? `${inferPrefix(field.name)}:`;
}

/**
 * The signature with what the state says of it: instructions, descriptions, labels. Reports a wrong number of fields and
 * a field whose label or placeholder is not that of the field in its place.
 */
export function applyFields(signature: Signature, state: PredictorState, report: Report): Signature {
  const fields = [...signature.inputs, ...signature.outputs];
  if (fields.length !== state.fields.length) {
    report.problem(
      `the signature has ${fields.length} fields (${fields.map(({ name }) => name).join(', ')}), the state has ${state.fields.length} (${state.fields.map(({ prefix }) => prefix).join(' ')})`,
      '/signature/fields',
    );
    return signature;
  }
  const last = fields.length - 1;
  const applied = fields.map((field, index) => {
    const saved = state.fields[index] as PredictorState['fields'][number];
    const foreign = PLACEHOLDER.exec(saved.description)?.[1];
    if (saved.prefix !== prefixOf(field) || (foreign !== undefined && foreign !== field.name)) {
      const label = `field ${index + 1} has the label "${saved.prefix}" and the description "${short(saved.description)}" in the state`;
      // COPRO, alone among DSPy's optimizers, writes labels: that of the last field.
      if (
        index === last &&
        (foreign === undefined || foreign === field.name) &&
        !isAnothers(saved.prefix, field, fields)
      )
        report.note(`${label}; kept as the label of "${field.name}"`);
      else
        report.problem(
          `${label}, but "${field.name}" (label "${prefixOf(field)}") stands there in the signature; is it another signature, or another order? A label that was written by hand goes into the field form as "prefix"`,
          `/signature/fields/${index}`,
        );
    }
    const { prefix: _, ...rest } = field;
    const usual = saved.prefix === `${inferPrefix(field.name)}:`;
    return { ...rest, description: saved.description, ...(usual ? {} : { prefix: saved.prefix }) };
  });
  const count = signature.inputs.length;
  return {
    ...signature,
    // Set as they are: DSPy cleans instructions when a class is written, not when a state is loaded.
    instructions: state.instructions,
    inputs: applied.slice(0, count),
    outputs: applied.slice(count),
  };
}

const PLACEHOLDER = /^\$\{([\p{L}_][\p{L}\p{N}_]*)\}$/u;

function isAnothers(prefix: string, field: Field, fields: readonly Field[]): boolean {
  return fields.some((other) => other !== field && prefixOf(other) === prefix);
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

/** Where a check of one predictor says what it found; `at` points below the predictor's entry. */
export interface Report {
  problem(detail: string, at: string): void;
  note(detail: string): void;
}
