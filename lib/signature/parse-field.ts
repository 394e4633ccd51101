import { KEYWORDS, RESERVED_NAMES } from './named-types.ts';
import { type NamedTypes, parseType } from './parse-type.ts';
import { Scanner } from './scanner.ts';
import type { FieldType } from './signature.ts';

/** Reads a field name; throws SignatureSyntaxError for what Python or DSPy does not take as one. */
export function fieldName(scanner: Scanner): string {
  const start = scanner.here();
  const name = scanner.name();
  if (name === undefined) scanner.fail('expected a field name here');
  // The longest keyword and the longest reserved name; a set is not asked about longer names.
  if (name.length <= 8 && KEYWORDS.has(name))
    scanner.fail(`"${name}" is a keyword of Python and cannot name a field`, start);
  if (name.charCodeAt(0) === 95) scanner.fail(`a field name cannot start with "_", as "${name}" does`, start);
  if (name.length <= 13 && RESERVED_NAMES.has(name))
    scanner.fail(`"${name}" is taken by DSPy's signature class`, start);
  return name;
}

/** A text that is a field name and nothing else. */
export function parseFieldName(text: string): string {
  return whole(text, fieldName);
}

/** A text that is a type and nothing else, such as `list[str]`. */
export function parseTypeText(text: string, types: NamedTypes = {}): FieldType {
  return whole(text, (scanner) => parseType(scanner, types));
}

function whole<T>(text: string, read: (scanner: Scanner) => T): T {
  const scanner = new Scanner(text, 0, text.length);
  const result = read(scanner);
  if (scanner.peek() !== '') scanner.fail('nothing more is expected here');
  return result;
}
