import { checksum } from '#lib/base/hash';
import { isJsonObject, type Json, type JsonObject } from '#lib/base/json';
import { JsonTrouble, parseStrict } from '#lib/base/strict-json';
import type { Example, Split } from './example.ts';
import { DATA_RULES } from './limits.ts';
import type { CellType, Columnwise, Pair } from './mapping.ts';

const MEMBERS = ['id', 'inputs', 'labels', 'split', 'weight', 'metadata'];
const SPLITS: Record<string, Split> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
};

/** An example whose id may still be missing, and all that is wrong with the row. */
export interface FromRow {
  example: Omit<Example, 'id'> & { id?: string };
  troubles: string[];
}

/** A row that already has our shape: `{id?, inputs, labels?, split?, weight?, metadata?}` and nothing else. */
export function fromOwnShape(row: JsonObject): FromRow {
  const troubles: string[] = [];
  const object = (name: string): JsonObject => {
    const value = row[name];
    if (value === undefined) return {};
    if (isJsonObject(value)) return value;
    troubles.push(`"${name}" is to be an object`);
    return {};
  };
  const odd = Object.keys(row).filter((key) => !MEMBERS.includes(key));
  if (odd.length > 0) troubles.push(`unknown members ${odd.join(', ').slice(0, 200)}; there are ${MEMBERS.join(', ')}`);
  const example: FromRow['example'] = { inputs: object('inputs'), labels: object('labels') };
  if (row.metadata !== undefined) example.metadata = object('metadata');
  settle(example, troubles, row.id, row.split, row.weight);
  return { example, troubles };
}

/** A flat row, column by column. `cells` says that every value is text as CSV has it. */
export function fromColumns(row: JsonObject, columns: Columnwise, cells: boolean): FromRow {
  const troubles: string[] = [];
  const read = (column: string): Json | undefined => {
    const value = Object.hasOwn(row, column) ? row[column] : undefined;
    if (!cells || typeof value !== 'string') return value;
    const read = cell(value, columns.types.get(column) ?? 'text');
    if (read.trouble !== undefined) troubles.push(`column "${column}": ${read.trouble}`);
    return read.value;
  };
  const collect = (pairs: Pair[], required: boolean): JsonObject => {
    const values: JsonObject = {};
    for (const [field, column] of pairs) {
      const value = read(column);
      if (value !== undefined) values[field] = value;
      else if (required && !Object.hasOwn(row, column) && !columns.optional.has(field)) {
        troubles.push(`column "${column}" is missing; there are ${Object.keys(row).join(', ').slice(0, 200)}`);
      }
    }
    return values;
  };
  const example: FromRow['example'] = { inputs: collect(columns.inputs, true), labels: collect(columns.labels, false) };
  if (columns.metadata.length > 0) example.metadata = collect(columns.metadata, false);
  const text = (column: string | undefined): Json | undefined => (column === undefined ? undefined : row[column]);
  const weight = text(columns.weight);
  const number = cells && typeof weight === 'string' ? cell(weight, 'number').value : undefined;
  settle(example, troubles, text(columns.id), text(columns.split), number ?? weight);
  return { example, troubles };
}

/** An id for an example without one: equal examples have equal ids, whatever file they came from. */
export function derivedId(example: Pick<Example, 'inputs' | 'labels'>): string {
  return `x${checksum({ inputs: example.inputs, labels: example.labels }).slice(0, 20)}`;
}

function settle(
  example: FromRow['example'],
  troubles: string[],
  id: Json | undefined,
  split: Json | undefined,
  weight: Json | undefined,
): void {
  if (id !== undefined && id !== null && id !== '') {
    const text = typeof id === 'number' ? String(id) : id;
    if (typeof text === 'string' && text.length <= 200 && !/[\u0000-\u001f\u007f]/.test(text)) example.id = text;
    else troubles.push('the id is to be a text of at most 200 printable characters, or a number');
  }
  if (split !== undefined && split !== null && split !== '') {
    const known = typeof split === 'string' ? SPLITS[split.trim().toLowerCase()] : undefined;
    if (known !== undefined) example.split = known;
    else troubles.push(`the split is to be train, validation or test, found ${JSON.stringify(split).slice(0, 60)}`);
  }
  if (weight !== undefined && weight !== null && weight !== '') {
    if (typeof weight === 'number' && weight >= 0) example.weight = weight;
    else troubles.push(`the weight is to be a number of at least 0, found ${JSON.stringify(weight).slice(0, 60)}`);
  }
}

/** An empty cell is an empty text, and nothing at all of the other types. */
function cell(text: string, type: CellType): { value?: Json; trouble?: string } {
  if (type === 'text') return { value: text };
  const bare = text.trim();
  if (bare === '') return {};
  if (type === 'boolean') {
    const word = bare.toLowerCase();
    if (['true', '1', 'yes'].includes(word)) return { value: true };
    if (['false', '0', 'no'].includes(word)) return { value: false };
    return { trouble: `wanted true or false, found "${bare.slice(0, 60)}"` };
  }
  try {
    const value = parseStrict(bare, DATA_RULES);
    if (type === 'json' || typeof value === 'number') return { value };
  } catch (error) {
    if (!(error instanceof JsonTrouble)) throw error;
    if (type === 'json') return { trouble: `wanted JSON: ${error.message}` };
  }
  return { trouble: `wanted a number, found "${bare.slice(0, 60)}"` };
}
