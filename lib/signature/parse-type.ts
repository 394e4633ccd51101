import { CONTAINERS, DSPY_TYPES, KEYWORDS, LIBRARY_TYPES, SIMPLE_TYPES } from './named-types.ts';
import { formatType } from './print.ts';
import { Scanner } from './scanner.ts';
import type { FieldType } from './signature.ts';
import { stringLiteral } from './string-literal.ts';

/** Types by name that a caller adds to the grammar: its own classes and enums. */
export type NamedTypes = { readonly [name: string]: FieldType };

/** Deeper nesting than anybody reads; also what keeps hostile text off the call stack. */
const MAX_DEPTH = 100;

type LiteralValue = string | number | boolean | null;

/** The type written here: Python's annotation grammar as far as DSPy evaluates it. */
export function parseType(scanner: Scanner, names: NamedTypes, depth = 0): FieldType {
  if (depth > MAX_DEPTH) scanner.fail(`types nest at most ${MAX_DEPTH} deep`);
  const first = oneType(scanner, names, depth);
  if (scanner.peekCode() !== 124) return first;
  const options = [first];
  while (scanner.take('|')) options.push(oneType(scanner, names, depth));
  return unionOf(options);
}

/** Union as Python builds it: flat, each option once in the order of first mention, a single one as itself. */
export function unionOf(options: readonly FieldType[]): FieldType {
  const [first, second] = options;
  // `int | None`: nothing to flatten and nothing twice.
  if (options.length === 2 && first && second && first.kind !== second.kind && isFlat(first) && isFlat(second))
    return { kind: 'union', options: [first, second] };
  const seen = new Map<string, FieldType>();
  for (const option of options)
    for (const one of option.kind === 'union' ? option.options : [option]) {
      const plain: FieldType = one.kind === 'none' ? { kind: 'none' } : one;
      const key = formatType(plain);
      if (!seen.has(key)) seen.set(key, plain);
    }
  const unique = [...seen.values()];
  return unique.length === 1 && unique[0] !== undefined ? unique[0] : { kind: 'union', options: unique };
}

function isFlat(type: FieldType): boolean {
  return type.kind !== 'union' && !(type.kind === 'none' && type.constant);
}

function oneType(scanner: Scanner, names: NamedTypes, depth: number): FieldType {
  if (scanner.take('(')) {
    const inner = parseType(scanner, names, depth + 1);
    if (!scanner.take(')')) scanner.fail('expected ")" here');
    return inner;
  }
  const start = scanner.here();
  const quoted = stringLiteral(scanner);
  if (quoted !== undefined) return quotedType(scanner, quoted, names, depth, start);
  const path = dottedName(scanner);
  if (path === undefined) scanner.fail('expected a type here');
  const type = scanner.peekCode() === 91 ? subscript(scanner, path, names, depth, start) : plainType(path, names);
  if (type === undefined) scanner.fail(`"${path}" is not a type this grammar knows`, start);
  return type;
}

/** DSPy refuses a quoted type on its own, and Python reads one inside brackets or a union as a reference. */
function quotedType(scanner: Scanner, text: string, names: NamedTypes, depth: number, start: number): FieldType {
  if (depth === 0 && scanner.peek() !== '|') scanner.fail('a type is written without quotes', start);
  const inner = new Scanner(text, 0, text.length);
  const type = parseType(inner, names, depth + 1);
  if (inner.peek() !== '') inner.fail('a type ends here');
  return type;
}

function dottedName(scanner: Scanner): string | undefined {
  let path = scanner.name();
  if (path === undefined) return undefined;
  while (scanner.take('.')) {
    const part = scanner.name();
    if (part === undefined) scanner.fail('expected a name after "."');
    path += `.${part}`;
  }
  return path.startsWith('typing.') ? path.slice(7) : path;
}

function plainType(path: string, names: NamedTypes): FieldType | undefined {
  const simple = SIMPLE_TYPES.get(path);
  if (simple !== undefined) return simple;
  if (path === 'None') return { kind: 'none', constant: true };
  if (Object.hasOwn(names, path)) return names[path];
  const dspy = path.startsWith('dspy.') ? path.slice(5) : path;
  if (DSPY_TYPES.has(dspy)) return { kind: 'dspy', name: dspy };
  return LIBRARY_TYPES.get(path);
}

function subscript(
  scanner: Scanner,
  path: string,
  names: NamedTypes,
  depth: number,
  start: number,
): FieldType | undefined {
  scanner.take('[');
  if (path === 'Literal') return { kind: 'literal', values: literalValues(scanner) };
  if (path === 'Code' || path === 'dspy.Code') return code(scanner);
  if (path === 'tuple' || path === 'Tuple') return tuple(scanner, names, depth);
  const known = CONTAINERS.get(path);
  if (known === undefined && path !== 'Optional' && path !== 'Union')
    scanner.fail(`"${path}" takes no type arguments`, start);
  const items = typeList(scanner, names, depth);
  if (path === 'Union') return unionOf(items);
  const wanted = known?.kind === 'dict' ? 2 : 1;
  if (items.length !== wanted)
    scanner.fail(`"${path}" takes ${wanted} type argument${wanted > 1 ? 's' : ''}, not ${items.length}`, start);
  const [first, second] = items;
  if (first === undefined) return undefined;
  if (known === undefined) return unionOf([first, { kind: 'none' }]);
  const { kind, alias } = known;
  if (kind === 'dict')
    return (
      second && (alias === undefined ? { kind, key: first, value: second } : { kind, key: first, value: second, alias })
    );
  return alias === undefined ? { kind, item: first } : { kind, item: first, alias };
}

function typeList(scanner: Scanner, names: NamedTypes, depth: number): FieldType[] {
  const items: FieldType[] = [];
  do {
    if (items.length > 0 && scanner.peek() === ']') break;
    items.push(parseType(scanner, names, depth + 1));
  } while (scanner.take(','));
  if (!scanner.take(']')) scanner.fail('expected "," or "]" here');
  return items;
}

/** `tuple[int, str]`, `tuple[int, ...]` or `tuple[()]`. */
function tuple(scanner: Scanner, names: NamedTypes, depth: number): FieldType {
  const items: FieldType[] = [];
  if (scanner.take('(')) {
    if (scanner.take(')') && scanner.take(']')) return { kind: 'tuple', items };
    scanner.fail('expected "tuple[()]" or types here');
  }
  do {
    if (items.length > 0 && scanner.peek() === ']') break;
    if (items.length === 1 && scanner.take('...')) {
      scanner.take(',');
      if (!scanner.take(']')) scanner.fail('"..." must be the last thing in a tuple');
      return { kind: 'tuple', items, variadic: true };
    }
    items.push(parseType(scanner, names, depth + 1));
  } while (scanner.take(','));
  if (!scanner.take(']')) scanner.fail('expected "," or "]" here');
  return { kind: 'tuple', items };
}

function code(scanner: Scanner): FieldType {
  const language = stringLiteral(scanner) ?? scanner.fail('a language is written in quotes, as in Code["python"]');
  if (!scanner.take(']')) scanner.fail('expected "]" here');
  return { kind: 'dspy', name: 'Code', argument: language };
}

/** The constants of a Literal up to its `]`, nested ones and tuples unrolled, each once, as Python does. */
function literalValues(scanner: Scanner): LiteralValue[] {
  const seen = new Map<string, LiteralValue>();
  let open = 1;
  for (let expectValue = true; open > 0; ) {
    if (expectValue && (scanner.take('(') || takeNestedLiteral(scanner))) {
      open++;
      if (open > MAX_DEPTH) scanner.fail(`types nest at most ${MAX_DEPTH} deep`);
      continue;
    }
    if (scanner.take(']') || scanner.take(')')) {
      open--;
      expectValue = false;
      continue;
    }
    if (!expectValue) {
      if (!scanner.take(',')) scanner.fail('expected "," or "]" here');
      expectValue = true;
      continue;
    }
    const value = constant(scanner);
    seen.set(`${typeof value}:${value}`, value);
    expectValue = false;
  }
  if (seen.size === 0) scanner.fail('Literal needs at least one value');
  return [...seen.values()];
}

function takeNestedLiteral(scanner: Scanner): boolean {
  const start = scanner.here();
  if (dottedNameIs(scanner, 'Literal') && scanner.take('[')) return true;
  scanner.position = start;
  return false;
}

function dottedNameIs(scanner: Scanner, wanted: string): boolean {
  const first = scanner.name();
  if (first !== 'typing') return first === wanted;
  return scanner.take('.') && scanner.name() === wanted;
}

const CONSTANTS: ReadonlyMap<string, LiteralValue> = new Map<string, LiteralValue>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

function constant(scanner: Scanner): LiteralValue {
  const text = stringLiteral(scanner);
  if (text !== undefined) return text;
  const start = scanner.here();
  const number = scanner.number();
  if (number !== undefined) {
    if (!Number.isSafeInteger(number)) scanner.fail('a number in a Literal is a whole number below 2^53', start);
    return number;
  }
  const name = scanner.name();
  const known = name === undefined ? undefined : CONSTANTS.get(name);
  if (known === undefined)
    scanner.fail(
      name === undefined || KEYWORDS.has(name)
        ? 'expected a constant here: a quoted string, a whole number without sign, True, False or None'
        : `"${name}" is not a constant; strings in a Literal need quotes`,
      start,
    );
  return known;
}
