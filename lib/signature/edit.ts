import { InvalidInput } from '#lib/base/errors';
import { instructionsOr } from './instructions.ts';
import type { Field, FieldType, Signature } from './signature.ts';

export type Role = 'input' | 'output';

/** A field to add; what is left out is what DSPy would make it: `str`, no description. */
export type NewField = Pick<Field, 'name'> & Partial<Field>;

// Every operation returns a new signature; the fields it does not touch are shared, because nothing changes them.

export function withInstructions(signature: Signature, instructions: string): Signature {
  return { ...signature, instructions: instructionsOr(instructions, signature.inputs, signature.outputs) };
}

/** Adds a paragraph to the instructions. */
export function appendInstructions(signature: Signature, instructions: string): Signature {
  return withInstructions(signature, `${signature.instructions}\n\n${instructions}`);
}

export function prepend(signature: Signature, role: Role, field: NewField): Signature {
  return insert(signature, role, 0, field);
}

export function append(signature: Signature, role: Role, field: NewField): Signature {
  return insert(signature, role, -1, field);
}

/**
 * Inserts at an index among the inputs or the outputs; -1 is the end. A field that already has the name is replaced
 * where it stands, as in DSPy; it cannot stand on the other side too.
 */
export function insert(signature: Signature, role: Role, index: number, field: NewField): Signature {
  const side = role === 'input' ? signature.inputs : signature.outputs;
  const other = role === 'input' ? signature.outputs : signature.inputs;
  const at = index < 0 ? index + side.length + 1 : index;
  if (!Number.isInteger(at) || at < 0 || at > side.length)
    throw new InvalidInput(
      'signature_index',
      `There are ${side.length} ${role} fields, so ${index} is no place for one more.`,
    );
  if (other.some(({ name }) => name === field.name))
    throw new InvalidInput('signature_duplicate_field', `"${field.name}" would be both an input and an output.`);
  const whole = completeField(field);
  const present = side.findIndex(({ name }) => name === field.name);
  const fields = present >= 0 ? side.with(present, whole) : side.toSpliced(at, 0, whole);
  return role === 'input' ? { ...signature, inputs: fields } : { ...signature, outputs: fields };
}

function completeField(field: NewField): Field {
  return { type: { kind: 'str' }, description: `\${${field.name}}`, ...field };
}

/** Without the field; the same signature when it has no such field. (`delete` is a keyword.) */
export function deleteField(signature: Signature, name: string): Signature {
  const keep = (field: Field): boolean => field.name !== name;
  if (signature.inputs.every(keep) && signature.outputs.every(keep)) return signature;
  return { ...signature, inputs: signature.inputs.filter(keep), outputs: signature.outputs.filter(keep) };
}
export { deleteField as delete };

export interface FieldUpdate extends Partial<Omit<Field, 'name'>> {
  type?: FieldType;
}

/** With the named field changed; throws InvalidInput when there is none. */
export function withUpdatedFields(signature: Signature, name: string, update: FieldUpdate): Signature {
  if (![...signature.inputs, ...signature.outputs].some((field) => field.name === name))
    throw new InvalidInput('signature_unknown_field', `"${name}" is not a field of ${describe(signature)}.`);
  const change = (field: Field): Field => (field.name === name ? { ...field, ...update } : field);
  return { ...signature, inputs: signature.inputs.map(change), outputs: signature.outputs.map(change) };
}

function describe({ inputs, outputs }: Signature): string {
  return `the signature (${[...inputs, ...outputs].map((field) => field.name).join(', ')})`;
}
