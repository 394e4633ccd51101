import type { Json } from '#lib/base/json';

/** A row as its format's reader found it: a value, or why there is none. */
export type Row = { line: number } & ({ value: Json; cells?: boolean } | { trouble: string });

/** Reads the rows of one format, lazily; a file that is broken as a whole ends with a row that has the trouble. */
export type RowReader = (
  text: AsyncIterable<string>,
  options: { maxRowBytes: number; maxDepth: number; delimiter?: string },
) => AsyncIterable<Row>;
