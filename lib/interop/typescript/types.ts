import type { FieldType } from '#lib/signature/signature';

const SIMPLE: Partial<Record<FieldType['kind'], string>> = {
  str: 'string',
  int: 'number',
  float: 'number',
  bool: 'boolean',
  none: 'null',
};

/** The TypeScript type of a field; `never`, which fits anywhere, where the builder does not infer one. */
export function typeScriptType(type: FieldType): string {
  if (type.kind === 'list' && type.item !== undefined) {
    const item = typeScriptType(type.item);
    return item === 'never' ? 'never' : `(${item})[]`.replace(/^\((\w+)\)/, '$1');
  }
  if (type.kind === 'literal') return type.values.map((value) => JSON.stringify(value)).join(' | ');
  return SIMPLE[type.kind] ?? 'never';
}
