import { JsonTrouble, parseStrict } from '#lib/base/strict-json';
import { DATA_RULES } from './limits.ts';
import type { RowReader } from './rows.ts';

/** JSON Lines: a value on each line; blank lines are passed over, CRLF is forgiven. Source: jsonlines.org. */
export const readJsonLines: RowReader = async function* (text, { maxRowBytes, maxDepth }) {
  for await (const { line, content } of lines(text, maxRowBytes)) {
    if (content === undefined) yield { line, trouble: `a row is at most ${maxRowBytes} bytes, this one is larger` };
    else if (content.trim() !== '') {
      try {
        yield { line, value: parseStrict(content, { ...DATA_RULES, maxDepth }) };
      } catch (error) {
        if (!(error instanceof JsonTrouble)) throw error;
        yield { line, trouble: `${error.message} (column ${error.offset + 1})` };
      }
    }
  }
};

/** Lines without their ends; one over the limit has no content, and is never held whole. */
async function* lines(
  text: AsyncIterable<string>,
  maxBytes: number,
): AsyncGenerator<{ line: number; content: string | undefined }> {
  let line = 1;
  let rest = '';
  let over = false;
  const finish = (content: string): { line: number; content: string | undefined } => {
    const whole = content.endsWith('\r') ? content.slice(0, -1) : content;
    const result = { line: line++, content: over || Buffer.byteLength(whole) > maxBytes ? undefined : whole };
    over = false;
    return result;
  };
  for await (const piece of text) {
    let start = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      yield finish(rest + piece.slice(start, end));
      rest = '';
      start = end + 1;
    }
    rest += piece.slice(start);
    if (rest.length > maxBytes) {
      over = true;
      rest = '';
    }
  }
  if (rest !== '' || over) yield finish(rest);
}
