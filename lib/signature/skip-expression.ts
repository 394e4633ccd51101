import type { Scanner } from './scanner.ts';
import { stringLiteral } from './string-literal.ts';

const CLOSING: { [open: string]: string } = { '(': ')', '[': ']', '{': '}' };

/** Steps over a Python expression up to the comma that ends it (or the end), and returns its source text. */
export function skipExpression(scanner: Scanner): string {
  const start = scanner.here();
  const expected: string[] = [];
  for (;;) {
    const char = scanner.peek();
    if (char === '' || (char === ',' && expected.length === 0)) break;
    if (stringLiteral(scanner) !== undefined) continue;
    const closing = Object.hasOwn(CLOSING, char) ? CLOSING[char] : undefined;
    if (closing !== undefined) expected.push(closing);
    else if (char === ')' || char === ']' || char === '}') {
      if (expected.pop() !== char) scanner.fail(`"${char}" closes nothing here`);
    }
    // A name is skipped whole, so that the letter before a quote is only taken for a prefix where it is one.
    if (scanner.name() === undefined) scanner.position++;
  }
  if (expected.length > 0) scanner.fail(`expected "${expected.at(-1)}" before the end of the default`);
  const source = scanner.text.slice(start, scanner.position).trim();
  if (source === '') scanner.fail('expected a default value after "="');
  return source;
}
