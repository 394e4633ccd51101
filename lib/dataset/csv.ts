import { Readable } from 'node:stream';
import type { CsvError } from 'csv-parse';
import type { JsonObject } from '#lib/base/json';
import type { Row, RowReader } from './rows.ts';

/** CSV with a header line (RFC 4180); cells stay text until a mapping or a signature says what they are. */
export const readCsv: RowReader = async function* (text, { maxRowBytes, delimiter = ',' }) {
  // Loaded with the first CSV, not with the process.
  const { parse } = await import('csv-parse');
  const skipped: Row[] = [];
  const parser = parse({
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: maxRowBytes,
    on_skip: (error) => {
      if (error !== undefined) skipped.push({ line: lineOf(error), trouble: explain(error, maxRowBytes) });
      return undefined;
    },
  });
  const source = Readable.from(text);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: string[] | undefined;
  let line = 1;
  try {
    for await (const item of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      yield* skipped.splice(0);
      const start = line;
      line = item.info.lines + 1;
      if (header === undefined) {
        header = item.record.map((name) => name.trim());
        const trouble = headerTrouble(header);
        if (trouble === undefined) continue;
        yield { line: start, trouble };
        return;
      }
      yield cells(header, item.record, start, maxRowBytes);
    }
    yield* skipped.splice(0);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('CSV_')) throw error;
    yield* skipped.splice(0);
    yield { line: lineOf(error as CsvError), trouble: explain(error as CsvError, maxRowBytes) };
  } finally {
    source.destroy();
  }
};

function cells(header: string[], record: string[], line: number, maxRowBytes: number): Row {
  if (record.length !== header.length) {
    return {
      line,
      trouble: `wanted ${header.length} cells (${header.join(', ').slice(0, 200)}), found ${record.length}`,
    };
  }
  let bytes = 0;
  const value: JsonObject = {};
  for (const [index, name] of header.entries()) {
    const cell = record[index] ?? '';
    if (cell.includes('\0')) return { line, trouble: `a NUL character in column "${name}"` };
    if (!cell.isWellFormed()) return { line, trouble: `a lone surrogate in column "${name}"` };
    bytes += Buffer.byteLength(cell);
    value[name] = cell;
  }
  if (bytes > maxRowBytes) return { line, trouble: `a row is at most ${maxRowBytes} bytes, this one is larger` };
  return { line, value, cells: true };
}

function headerTrouble(header: string[]): string | undefined {
  const empty = header.indexOf('');
  if (empty >= 0) return `column ${empty + 1} of the header has no name`;
  if (header.includes('__proto__')) return 'the column name "__proto__" is not allowed';
  const twice = header.find((name, index) => header.indexOf(name) < index);
  return twice === undefined ? undefined : `column "${twice}" occurs twice in the header`;
}

const lineOf = (error: CsvError): number => (typeof error.lines === 'number' ? error.lines : 1);

function explain(error: CsvError, maxRowBytes: number): string {
  if (error.code === 'CSV_MAX_RECORD_SIZE') return `a row is at most ${maxRowBytes} bytes, this one is larger`;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote is opened and never closed';
  // The parser's own words, without the piece of data they may carry.
  return error.message.split(/[:,]/)[0] ?? 'not CSV';
}
