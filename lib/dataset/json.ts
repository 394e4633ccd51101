import { JsonTrouble, strictReader } from '#lib/base/strict-json';
import { DATA_RULES } from './limits.ts';
import type { RowReader } from './rows.ts';

/** One JSON document: a list of rows, or an object whose only member `examples` is that list. */
export const readJson: RowReader = async function* (pieces, { maxRowBytes, maxDepth }) {
  let text = '';
  for await (const piece of pieces) text += piece;
  let line = 1;
  let counted = 0;
  const lineAt = (offset: number): number => {
    for (let i = text.indexOf('\n', counted); i >= 0 && i < offset; i = text.indexOf('\n', counted)) {
      line++;
      counted = i + 1;
    }
    return line;
  };
  // One level deeper than a row: the list itself.
  const reader = strictReader(text, { ...DATA_RULES, maxDepth });
  try {
    const wrapped = reader.take('{');
    if (wrapped && (reader.value() !== 'examples' || !reader.take(':'))) {
      throw new JsonTrouble('wanted a list of rows, or {"examples": [...]}', reader.offset());
    }
    if (!reader.take('[')) throw new JsonTrouble('wanted a list of rows, or {"examples": [...]}', reader.offset());
    if (!reader.take(']')) {
      do {
        const start = reader.offset();
        const value = reader.value();
        const at = lineAt(start + (/\S/.exec(text.slice(start, start + 1000))?.index ?? 0));
        const bytes = Buffer.byteLength(text.slice(start, reader.offset()));
        if (bytes <= maxRowBytes) yield { line: at, value };
        else yield { line: at, trouble: `a row is at most ${maxRowBytes} bytes, this one is larger` };
      } while (reader.take(','));
      if (!reader.take(']')) throw new JsonTrouble('wanted , or ] after a row', reader.offset());
    }
    if (wrapped && !reader.take('}')) throw new JsonTrouble('wanted } after the examples', reader.offset());
    reader.end();
  } catch (error) {
    if (!(error instanceof JsonTrouble)) throw error;
    const at = lineAt(error.offset);
    yield { line: at, trouble: `${error.message} (column ${error.offset - counted + 1})` };
  }
};
