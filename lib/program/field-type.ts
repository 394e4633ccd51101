import { parseType } from '#lib/signature/parse-type';
import { Scanner } from '#lib/signature/scanner';
import type { FieldType } from '#lib/signature/signature';

const known = new Map<string, FieldType>();

/** The type written in a graph's `input`, such as `list[str]`. Throws SignatureSyntaxError with the position. */
export function fieldTypeOf(text: string): FieldType {
  let type = known.get(text);
  if (type !== undefined) return type;
  const scanner = new Scanner(text, 0, text.length);
  type = parseType(scanner, {});
  if (scanner.peek() !== '') scanner.fail('a type ends here');
  if (known.size >= 1000) known.clear();
  known.set(text, type);
  return type;
}
