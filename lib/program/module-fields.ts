import type { Field, FieldType } from '#lib/signature/signature';

export { moduleInputs, moduleOutputs } from '#lib/module/face';

/** Whether the module runs without this input. */
export function mayBeAbsent(field: Field): boolean {
  return Object.hasOwn(field, 'default') || allowsNone(field.type);
}

function allowsNone(type: FieldType): boolean {
  return type.kind === 'none' || type.kind === 'any' || (type.kind === 'union' && type.options.some(allowsNone));
}
