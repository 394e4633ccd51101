import { holds } from '#lib/ports/condition';
import { checkOperations, checkSizes, itemBytes, keyOf } from '#lib/ports/limits';
import { type Item, type Key, type Operation, TransactionRefused } from '#lib/ports/store';
import { updated } from '#lib/ports/update';
import type { Database } from '../sqlite/database.ts';
import { deleteItem, readItem, writeItem } from './row.ts';

/** An operation as it was when it was asked for. */
export interface Step {
  operation: Operation;
  /** The text of a put's data, made once; the operation itself then carries none. */
  json: string;
}

interface Write {
  kind: 'put' | 'update' | 'delete' | 'check';
  key: Key;
  /** What shall stand there; null: nothing to write. */
  item: Item | null;
  json: string;
}

const FEED = 'INSERT INTO feed (item) VALUES (?)';

/** Checks the operations and copies them: what the caller does with its objects afterwards changes nothing. */
export function prepare(operations: readonly Operation[]): Step[] {
  checkOperations(operations);
  const steps = operations.map((operation): Step => {
    if (!('put' in operation)) return { operation: structuredClone(operation), json: '' };
    const json = JSON.stringify(operation.put.data);
    const copy = structuredClone({ ...operation, put: { ...operation.put, data: {} } });
    return { operation: copy, json };
  });
  checkSizes(steps.flatMap(({ operation, json }) => ('put' in operation ? [size(operation.put, json)] : [])));
  return steps;
}

/** Inside a transaction of the database: all conditions against what stands there, then all writes. */
export function apply(database: Database, steps: readonly Step[], now: number): void {
  const found = steps.map(({ operation }) =>
    'update' in operation || operation.condition !== undefined ? readItem(database, keyOf(operation), now) : null,
  );
  const writes = steps.map((step, position) => writeOf(step, found[position] ?? null));
  const refused = writes.flatMap((write, operation) => {
    const step = steps[operation];
    return write !== null || step === undefined
      ? []
      : [{ operation, key: bare(keyOf(step.operation)), found: found[operation] ?? null }];
  });
  if (refused.length > 0) throw new TransactionRefused(refused);
  const accepted = writes.filter((write) => write !== null);
  checkSizes(accepted.flatMap(({ item, json }) => (item === null ? [] : [size(item, json)])));
  for (const write of accepted) carryOut(database, write);
}

/** What a step writes given what stands there; null when that refuses it. */
function writeOf({ operation, json }: Step, before: Item | null): Write | null {
  if (operation.condition !== undefined && !holds(operation.condition, before)) return null;
  if ('put' in operation) return { kind: 'put', key: operation.put, item: operation.put, json };
  if ('delete' in operation) return { kind: 'delete', key: operation.delete, item: null, json };
  if ('check' in operation) return { kind: 'check', key: operation.check, item: null, json };
  const item = updated(operation, before);
  return item === null ? null : { kind: 'update', key: operation.update, item, json: JSON.stringify(item.data) };
}

function carryOut(database: Database, { kind, key, item, json }: Write): void {
  if (kind === 'delete') deleteItem(database, key);
  if (item === null) return;
  writeItem(database, item, json);
  if (kind === 'put' && item.feed === true) {
    const { data: _, ...rest } = item;
    // The data is text already: it is spliced in instead of being parsed and printed again.
    database.run(FEED, `${JSON.stringify(rest).slice(0, -1)},"data":${json}}`);
  }
}

function size(item: Item, json: string): { key: Key; bytes: number } {
  return { key: item, bytes: itemBytes(item, json) };
}

function bare({ pk, sk }: Key): Key {
  return { pk, sk };
}
