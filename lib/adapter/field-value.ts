import type { FieldType } from '#lib/signature/signature';
import { customTypeValue } from './custom-type.ts';
import { jsonDumps, pythonRepr, scalarText } from './python-value.ts';

/** A field's value as DSPy puts it into a prompt. */
export function fieldText(value: unknown, type: FieldType): string {
  const ready = markCustomTypes(value, type);
  const scalar = scalarText(ready, type);
  if (scalar !== undefined) return scalar;
  if (type.kind === 'str' && Array.isArray(ready)) return passages(ready);
  return jsonDumps(ready, type);
}

/** Custom types inside lists and objects become their text first; that text is then a JSON string like any other. */
export function markCustomTypes(value: unknown, type: FieldType): unknown {
  if (type.kind === 'dspy') return customTypeValue(value, type) ?? value;
  if (type.kind === 'list' && type.item !== undefined && Array.isArray(value)) {
    const { item } = type;
    return holdsCustomType(item) ? value.map((one) => markCustomTypes(one, item)) : value;
  }
  if (type.kind === 'dict' && type.value !== undefined && typeof value === 'object' && value !== null) {
    const item = type.value;
    if (!holdsCustomType(item)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, markCustomTypes(one, item)]));
  }
  if (type.kind === 'union' && value !== null) {
    const option = type.options.find(({ kind }) => kind !== 'none');
    return option !== undefined && holdsCustomType(option) ? markCustomTypes(value, option) : value;
  }
  return value;
}

export function holdsCustomType(type: FieldType): boolean {
  if (type.kind === 'dspy') return true;
  if (type.kind === 'list') return type.item !== undefined && holdsCustomType(type.item);
  if (type.kind === 'dict') return type.value !== undefined && holdsCustomType(type.value);
  return type.kind === 'union' && type.options.some(holdsCustomType);
}

/** A list in a plain text field: numbered passages, so that a model can tell them apart. */
function passages(items: readonly unknown[]): string {
  if (items.length === 0) return 'N/A';
  if (items.length === 1) return passage(items[0]);
  return items.map((item, index) => `[${index + 1}] ${passage(item)}`).join('\n');
}

function passage(item: unknown): string {
  const text = typeof item === 'string' ? item : pythonRepr(item);
  if (!/[\n«»]/.test(text)) return `«${text}»`;
  return `«««\n    ${text.replaceAll('\n', '\n    ')}\n»»»`;
}
