import type { Field } from './signature.ts';

/** What DSPy tells the model when nobody wrote instructions. */
export function defaultInstructions(inputs: readonly Field[], outputs: readonly Field[]): string {
  return `Given the fields ${quoted(inputs)}, produce the fields ${quoted(outputs)}.`;
}

/** Written instructions, cleaned; the default where there are none. Empty ones count as none, as in DSPy. */
export function instructionsOr(
  written: string | undefined,
  inputs: readonly Field[],
  outputs: readonly Field[],
): string {
  return written === undefined || written === '' ? defaultInstructions(inputs, outputs) : cleanInstructions(written);
}

function quoted(fields: readonly Field[]): string {
  let text = '';
  for (const { name } of fields) text += text === '' ? `\`${name}\`` : `, \`${name}\``;
  return text;
}

/**
 * Python's `inspect.cleandoc`: tabs expanded, the common margin of all lines but the first removed, blank lines at both
 * ends dropped. Instructions are written as docstrings in DSPy, so every text of them passes here once.
 */
export function cleanInstructions(text: string): string {
  if (!/[\n\t]/.test(text)) return text.replace(/^[ \t-\r\x1c-\x1f\x85\p{Z}]+/u, '');
  const lines = expandTabs(text).split('\n');
  let margin = Number.POSITIVE_INFINITY;
  for (const line of lines.slice(1)) {
    const content = lstrip(line).length;
    if (content > 0) margin = Math.min(margin, line.length - content);
  }
  const clean = lines.map((line, index) =>
    index === 0 ? lstrip(line) : margin === Number.POSITIVE_INFINITY ? line : line.slice(margin),
  );
  while (clean.length > 0 && clean.at(-1) === '') clean.pop();
  while (clean.length > 0 && clean[0] === '') clean.shift();
  return clean.join('\n');
}

function lstrip(line: string): string {
  return line.replace(/^[\t-\r\x1c-\x20\x85\p{Z}]+/u, '');
}

function expandTabs(text: string): string {
  if (!text.includes('\t')) return text;
  let column = 0;
  let out = '';
  for (const char of text) {
    if (char === '\t') {
      const width = 8 - (column % 8);
      out += ' '.repeat(width);
      column += width;
    } else {
      out += char;
      column = char === '\n' || char === '\r' ? 0 : column + 1;
    }
  }
  return out;
}
