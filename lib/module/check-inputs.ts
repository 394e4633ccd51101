import { StepFailure } from '#lib/base/failure';
import type { Signature, Values } from '#lib/signature/signature';
import { validateInputs } from '#lib/signature/validate';

/** The inputs in field order, defaults filled in; throws StepFailure `Input.Invalid` that names everything wrong. */
export function validInputs(face: Pick<Signature, 'inputs'>, inputs: Values): Values {
  const { values, problems } = validateInputs(face as Signature, inputs);
  if (problems.length === 0) return values;
  throw new StepFailure('Input.Invalid', problems.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; '));
}
