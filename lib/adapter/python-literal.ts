import { ExactFloat } from '#lib/signature/exact-number';
import { Scanner } from '#lib/signature/scanner';
import { stringLiteral } from '#lib/signature/string-literal';
import { SignatureSyntaxError } from '#lib/signature/syntax-error';

const MAX_DEPTH = 90;
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
]);

/** Python's `ast.literal_eval` for what JSON can hold, tuples and sets as lists; undefined for anything else. */
export function parsePythonLiteral(text: string): unknown {
  if (CONSTANTS.has(text)) return CONSTANTS.get(text);
  // Text that cannot start a literal is most text; an exception for each would be dear.
  if (!/^\s*(?:[-+\d.'"[({]|[rRuU]['"]|(?:True|False|None)\b)/.test(text)) return undefined;
  const scanner = new Scanner(text.trimStart(), 0, text.trimStart().length);
  try {
    const value = literal(scanner, 0);
    if (scanner.peek() !== ',') return scanner.peek() === '' ? value : undefined;
    // A tuple needs no parentheses.
    const list = [value];
    while (scanner.take(',') && scanner.peek() !== '') list.push(literal(scanner, 0));
    return scanner.peek() === '' ? list : undefined;
  } catch (error) {
    if (error instanceof SignatureSyntaxError) return undefined;
    throw error;
  }
}

function literal(scanner: Scanner, depth: number): unknown {
  if (depth > MAX_DEPTH) scanner.fail('nested too deep');
  const text = stringLiteral(scanner);
  if (text !== undefined) return text;
  const negative = scanner.take('-') || (scanner.take('+') && false);
  const start = scanner.here();
  const number = scanner.number();
  if (number !== undefined) {
    const source = scanner.text.slice(start, scanner.position);
    const signed = negative ? -number : number;
    return /^(?:0[xob]|\d[\d_]*$)/i.test(source) ? BigInt(signed) : new ExactFloat(signed);
  }
  if (scanner.take('[')) return items(scanner, ']', depth).items;
  if (scanner.take('(')) {
    const { items: list, comma } = items(scanner, ')', depth);
    return list.length === 1 && !comma ? list[0] : list;
  }
  if (scanner.take('{')) return braces(scanner, depth);
  const name = scanner.name();
  if (name === undefined || !CONSTANTS.has(name)) scanner.fail('not a literal');
  return CONSTANTS.get(name);
}

function items(scanner: Scanner, close: string, depth: number): { items: unknown[]; comma: boolean } {
  const list: unknown[] = [];
  let comma = false;
  while (!scanner.take(close)) {
    list.push(literal(scanner, depth + 1));
    comma = scanner.take(',');
    if (!comma && scanner.peek() !== close) scanner.fail(`expected "${close}"`);
  }
  return { items: list, comma };
}

function braces(scanner: Scanner, depth: number): unknown {
  const members: [string, unknown][] = [];
  const list: unknown[] = [];
  while (!scanner.take('}')) {
    const first = literal(scanner, depth + 1);
    if (scanner.take(':')) members.push([String(first), literal(scanner, depth + 1)]);
    else list.push(first);
    if (!scanner.take(',') && scanner.peek() !== '}') scanner.fail('expected "}"');
  }
  if (members.length > 0 && list.length > 0) scanner.fail('neither a dictionary nor a set');
  return list.length > 0 ? list : Object.fromEntries(members);
}
