import type { ModuleSpec, ModuleType } from '#lib/module/spec';
import type { Field, FieldType } from '#lib/signature/signature';

/** What a module type gives besides its signature's outputs. */
const BESIDES: Record<ModuleType, Field[]> = {
  predict: [],
  chain_of_thought: [{ name: 'reasoning', type: { kind: 'str' }, description: '' }],
};

/** The fields of a module node's value. */
export function moduleOutputs(spec: ModuleSpec): Field[] {
  return [...BESIDES[spec.type], ...spec.signature.outputs];
}

/** Whether the module runs without this input. */
export function mayBeAbsent(field: Field): boolean {
  return Object.hasOwn(field, 'default') || allowsNone(field.type);
}

function allowsNone(type: FieldType): boolean {
  return type.kind === 'none' || type.kind === 'any' || (type.kind === 'union' && type.options.some(allowsNone));
}
