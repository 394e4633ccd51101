import { canonicalJson, type Json } from '#lib/base/json';
import type { Example, Split } from './example.ts';

export interface DatasetStatistics {
  examples: number;
  splits: Record<Split | 'none', number>;
  inputs: Record<string, FieldStatistics>;
  labels: Record<string, FieldStatistics>;
  duplicates: {
    /** Different inputs that occur more than once, and the examples beyond the first of each. */
    groups: number;
    examples: number;
    /** Groups with members in more than one split: what leaks from train into test. */
    acrossSplits: number;
  };
}

export interface FieldStatistics {
  present: number;
  missing: number;
  /** JSON types and how often: `{string: 290, null: 10}`. */
  types: Record<string, number>;
  /** Characters of texts; null where there are none. */
  length: { min: number; mean: number; p50: number; p95: number; max: number } | null;
  /** Different values, counted up to 1000. */
  distinct: number;
  /** The commonest values, as text or JSON, at most 20: the label balance. Left out when nearly all values differ. */
  balance: { value: string; count: number; share: number }[];
}

const MAX_DISTINCT = 1000;
const MAX_SHOWN = 20;

/** Counts, label balance, lengths, duplicates and missing values of a dataset; one pass over it. */
export function datasetStatistics(examples: readonly Example[]): DatasetStatistics {
  const splits: DatasetStatistics['splits'] = { train: 0, validation: 0, test: 0, none: 0 };
  const groups = new Map<string, { count: number; splits: Set<string> }>();
  for (const example of examples) {
    splits[example.split ?? 'none']++;
    const key = canonicalJson(example.inputs);
    const group = groups.get(key) ?? { count: 0, splits: new Set() };
    group.count++;
    group.splits.add(example.split ?? 'none');
    groups.set(key, group);
  }
  const repeated = [...groups.values()].filter((group) => group.count > 1);
  return {
    examples: examples.length,
    splits,
    inputs: fieldsOf(examples.map((example) => example.inputs)),
    labels: fieldsOf(examples.map((example) => example.labels)),
    duplicates: {
      groups: repeated.length,
      examples: repeated.reduce((sum, group) => sum + group.count - 1, 0),
      acrossSplits: repeated.filter((group) => group.splits.size > 1).length,
    },
  };
}

function fieldsOf(rows: readonly Record<string, Json>[]): Record<string, FieldStatistics> {
  const columns = new Map<string, Json[]>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      const column = columns.get(name);
      if (column === undefined) columns.set(name, [value]);
      else column.push(value);
    }
  }
  return Object.fromEntries(Array.from(columns, ([name, values]) => [name, fieldOf(values, rows.length)]));
}

function fieldOf(values: readonly Json[], rows: number): FieldStatistics {
  const types: Record<string, number> = {};
  const counts = new Map<string, number>();
  const lengths: number[] = [];
  for (const value of values) {
    const type = typeOf(value);
    types[type] = (types[type] ?? 0) + 1;
    if (typeof value === 'string') lengths.push(value.length);
    const text = typeof value === 'string' ? value : canonicalJson(value);
    const count = counts.get(text);
    if (count !== undefined) counts.set(text, count + 1);
    else if (counts.size < MAX_DISTINCT) counts.set(text, 1);
  }
  const common = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, MAX_SHOWN);
  const varied = counts.size > MAX_SHOWN && counts.size > values.length / 2;
  return {
    present: values.length,
    missing: rows - values.length,
    types,
    length: lengthsOf(lengths),
    distinct: counts.size,
    balance: varied
      ? []
      : common.map(([value, count]) => ({ value: value.slice(0, 200), count, share: count / values.length })),
  };
}

function lengthsOf(lengths: number[]): FieldStatistics['length'] {
  if (lengths.length === 0) return null;
  lengths.sort((a, b) => a - b);
  const at = (share: number): number => lengths[Math.floor(share * (lengths.length - 1))] ?? 0;
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  return { min: at(0), mean, p50: at(0.5), p95: at(0.95), max: at(1) };
}

export function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
