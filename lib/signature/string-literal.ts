import type { Scanner } from './scanner.ts';

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\n', ''],
]);
const SINGLE = 39;
const DOUBLE = 34;
const LETTER_R = 114;
const LETTER_U = 117;
const CODE_LENGTH: { [letter: string]: number } = { x: 2, u: 4, U: 8 };

/** Python string literals here, neighbours joined as Python joins them; undefined where none starts. */
export function stringLiteral(scanner: Scanner): string | undefined {
  let value: string | undefined;
  for (;;) {
    const part = oneLiteral(scanner);
    if (part === undefined) return value;
    value = (value ?? '') + part;
  }
}

function oneLiteral(scanner: Scanner): string | undefined {
  const code = scanner.peekCode();
  let raw = false;
  let start = scanner.position;
  if (code !== SINGLE && code !== DOUBLE) {
    const next = scanner.text.charCodeAt(start + 1);
    if (!isPrefix(code) || (next !== SINGLE && next !== DOUBLE) || start + 1 >= scanner.end) return undefined;
    raw = (code | 32) === LETTER_R;
    start++;
  }
  const quote = scanner.text.charAt(start);
  const fence = scanner.text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  let value = '';
  let at = start + fence.length;
  for (;;) {
    if (at >= scanner.end || (fence.length === 1 && scanner.text.charCodeAt(at) === 10))
      scanner.fail('a string that is never closed', start);
    if (scanner.text.startsWith(fence, at)) break;
    if (scanner.text.charCodeAt(at) !== 92) {
      value += scanner.text.charAt(at++);
      continue;
    }
    const [text, length] = raw ? [scanner.text.slice(at, at + 2), 2] : readEscape(scanner, at);
    value += text;
    at += length;
  }
  scanner.position = at + fence.length;
  return value;
}

/** r, R, u or U, of which only the first two mean anything. */
function isPrefix(code: number): boolean {
  const lower = code | 32;
  return lower === LETTER_R || lower === LETTER_U;
}

/** The character(s) a backslash at `at` stands for, and how much text it took. */
function readEscape(scanner: Scanner, at: number): [string, number] {
  const letter = scanner.text.charAt(at + 1);
  const simple = ESCAPES.get(letter);
  if (simple !== undefined) return [simple, 2];
  const octal = /^[0-7]{1,3}/.exec(scanner.text.slice(at + 1, at + 4))?.[0];
  if (octal !== undefined) return [String.fromCharCode(Number.parseInt(octal, 8)), 1 + octal.length];
  const length = Object.hasOwn(CODE_LENGTH, letter) ? CODE_LENGTH[letter] : undefined;
  if (length === undefined) return [`\\${letter}`, 2];
  const digits = scanner.text.slice(at + 2, at + 2 + length);
  const code = Number.parseInt(digits, 16);
  if (digits.length < length || !/^[\da-fA-F]+$/.test(digits) || code > 0x10ffff)
    scanner.fail(`an escape \\${letter} takes ${length} hexadecimal digits`, at);
  return [String.fromCodePoint(code), 2 + length];
}
