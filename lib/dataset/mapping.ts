import * as z from 'zod';
import type { Signature } from '#lib/signature/signature';

const Column = z.string().min(1).max(200);
/** A list keeps the columns' names; a record gives a field another one: `{question: "Question text"}`. */
const Columns = z.union([z.array(Column).max(200), z.record(Column, Column)]);

/** Which columns of a row are what. Columns it does not name are left out of the example. */
export const MappingSchema = z.strictObject({
  inputs: Columns.optional(),
  labels: Columns.optional(),
  id: Column.optional(),
  split: Column.optional(),
  weight: Column.optional(),
  metadata: Columns.optional(),
  /** What the text of a CSV cell is; `text` when not said here or by the signature. */
  types: z.record(Column, z.enum(['text', 'number', 'boolean', 'json'])).optional(),
});
export type Mapping = z.infer<typeof MappingSchema>;
export type CellType = NonNullable<Mapping['types']>[string];

/** Field name and column name, in order. */
export type Pair = [field: string, column: string];

export interface Columnwise {
  inputs: Pair[];
  labels: Pair[];
  metadata: Pair[];
  id?: string;
  split?: string;
  weight?: string;
  types: Map<string, CellType>;
  /** Inputs that may be absent, because the signature has a default for them. */
  optional: Set<string>;
}

/** A mapping with the signature's say: its inputs and outputs are taken from columns of their name unless mapped. */
export function columnwise(mapping: Mapping, signature?: Signature): Columnwise | undefined {
  const inputs = mapping.inputs ?? signature?.inputs.map((field) => field.name);
  const labels = mapping.labels ?? signature?.outputs.map((field) => field.name);
  if (inputs === undefined) return undefined;
  const result: Columnwise = {
    inputs: pairs(inputs),
    labels: pairs(labels ?? []),
    metadata: pairs(mapping.metadata ?? []),
    types: new Map(Object.entries(mapping.types ?? {})),
    optional: new Set((signature?.inputs ?? []).filter((field) => field.default !== undefined).map(({ name }) => name)),
  };
  for (const key of ['id', 'split', 'weight'] as const) {
    const column = mapping[key];
    if (column !== undefined) result[key] = column;
  }
  const fields = new Map(
    [...(signature?.inputs ?? []), ...(signature?.outputs ?? [])].map((field) => [field.name, field]),
  );
  for (const [name, column] of [...result.inputs, ...result.labels]) {
    const type = fields.get(name)?.type;
    if (type !== undefined && !result.types.has(column)) result.types.set(column, cellTypeOf(type));
  }
  return result;
}

const CELLS: Record<string, CellType> = { str: 'text', any: 'text', int: 'number', float: 'number', bool: 'boolean' };

function cellTypeOf(type: Signature['inputs'][number]['type']): CellType {
  if (type.kind === 'literal') {
    const kinds = new Set(type.values.map((value) => typeof value));
    return kinds.size === 1 && kinds.has('number') ? 'number' : kinds.has('boolean') ? 'boolean' : 'text';
  }
  if (type.kind === 'union') {
    const options = new Set(type.options.filter((option) => option.kind !== 'none').map(cellTypeOf));
    return options.size === 1 ? ([...options][0] ?? 'text') : 'text';
  }
  return CELLS[type.kind] ?? (type.kind === 'enum' || type.kind === 'dspy' ? 'text' : 'json');
}

const pairs = (columns: string[] | Record<string, string>): Pair[] =>
  Array.isArray(columns) ? columns.map((name): Pair => [name, name]) : Object.entries(columns);
