import { InvalidInput, type Problem } from '#lib/base/errors';
import { isJsonObject, type Json } from '#lib/base/json';
import type { Signature } from '#lib/signature/signature';
import { readCsv } from './csv.ts';
import { decodeText, type Source } from './decode-text.ts';
import type { Example } from './example.ts';
import { readJson } from './json.ts';
import { readJsonLines } from './jsonl.ts';
import { DEFAULT_LIMITS, type ImportLimits } from './limits.ts';
import { type Columnwise, columnwise, type Mapping } from './mapping.ts';
import { derivedId, type FromRow, fromColumns, fromOwnShape } from './row-example.ts';
import type { RowReader } from './rows.ts';
import { checkExample } from './schema-check.ts';

const readers: Record<'jsonl' | 'csv' | 'json', RowReader> = { jsonl: readJsonLines, csv: readCsv, json: readJson };
export type DatasetFormat = keyof typeof readers;
export const DATASET_FORMATS = Object.keys(readers) as DatasetFormat[];

export interface ImportOptions {
  format: DatasetFormat;
  mapping?: Mapping;
  /** Gives the columns their fields and types, and every example is checked against it. */
  signature?: Signature;
  delimiter?: string;
  limits?: Partial<ImportLimits>;
}

export interface Imported {
  examples: Example[];
  /** Rows whose inputs and labels equal an earlier row's: kept, under an id of their own. */
  duplicates: { line: number; id: string; sameAs: string }[];
}

/**
 * A dataset from text or bytes: all of it, or InvalidInput with every problem by line (up to a cap) and nothing else.
 *
 *     const { examples } = await importDataset(bytes, { format: 'csv', mapping: { inputs: ['ticket'], labels: ['queue'] } });
 */
export async function importDataset(source: Source, options: ImportOptions): Promise<Imported> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const read = readers[options.format];
  const columns = columnwise(options.mapping ?? {}, options.signature);
  const problems = new Problems(limits.maxProblems);
  const gathered = new Gathered();
  let rows = 0;
  const text = decodeText(source, limits.maxBytes);
  for await (const row of read(text, {
    ...limits,
    ...(options.delimiter === undefined ? {} : { delimiter: options.delimiter }),
  })) {
    const at = { line: row.line, row: rows++ };
    if (rows > limits.maxRows) {
      problems.add(at, `a dataset has at most ${limits.maxRows} rows`);
      break;
    }
    if ('trouble' in row) problems.add(at, row.trouble);
    else {
      const { example, troubles } = exampleOf(row.value, columns, row.cells === true);
      for (const trouble of troubles) problems.add(at, trouble);
      if (troubles.length === 0) {
        if (options.signature !== undefined) {
          for (const trouble of checkExample(example, options.signature)) problems.add(at, trouble);
        }
        const trouble = gathered.add(example, row.line);
        if (trouble !== undefined) problems.add(at, trouble);
      }
    }
    if (problems.full()) break;
  }
  problems.throwIfAny(rows);
  if (gathered.examples.length === 0)
    throw new InvalidInput('dataset_no_rows', `the ${options.format} text has no rows`);
  return { examples: gathered.examples, duplicates: gathered.duplicates };
}

function exampleOf(row: Json, columns: Columnwise | undefined, cells: boolean): FromRow {
  const nothing = { inputs: {}, labels: {} };
  if (!isJsonObject(row)) return { example: nothing, troubles: ['a row is to be an object'] };
  if (!cells && isJsonObject(row.inputs)) return fromOwnShape(row);
  if (columns !== undefined) return fromColumns(row, columns, cells);
  const names = Object.keys(row).join(', ').slice(0, 200);
  return {
    example: nothing,
    troubles: [`say by a mapping which columns are inputs and which labels; there are ${names}`],
  };
}

/** Examples with their ids: given ones unique, others from their content. */
class Gathered {
  readonly examples: Example[] = [];
  readonly duplicates: Imported['duplicates'] = [];
  readonly #lineOf = new Map<string, number>();
  readonly #byContent = new Map<string, string>();

  add({ id: given, ...rest }: FromRow['example'], line: number): string | undefined {
    const content = derivedId(rest);
    let id = given ?? content;
    if (given !== undefined && this.#lineOf.has(given)) {
      return `id "${given}" is already on line ${this.#lineOf.get(given)}`;
    }
    for (let n = 2; this.#lineOf.has(id); n++) id = `${content}-${n}`;
    const sameAs = this.#byContent.get(content);
    if (sameAs === undefined) this.#byContent.set(content, id);
    else this.duplicates.push({ line, id, sameAs });
    this.#lineOf.set(id, line);
    this.examples.push({ id, ...rest });
    return undefined;
  }
}

class Problems {
  readonly #list: Problem[] = [];
  readonly #cap: number;

  constructor(cap: number) {
    this.#cap = cap;
  }

  add({ line, row }: { line: number; row: number }, detail: string): void {
    if (!this.full()) this.#list.push({ pointer: `/rows/${row}`, detail: `line ${line}: ${detail}` });
  }

  full(): boolean {
    return this.#list.length >= this.#cap;
  }

  throwIfAny(rows: number): void {
    const [first] = this.#list;
    if (first === undefined) return;
    const more = this.#list.length - 1;
    const rest = more === 0 ? '' : ` (and ${this.full() ? 'at least ' : ''}${more} more)`;
    const message = `nothing was imported: ${first.detail}${rest}`;
    throw new InvalidInput('dataset_invalid', message, { problems: this.#list, extra: { rowsRead: rows } });
  }
}
