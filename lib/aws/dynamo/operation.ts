import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { keyOf } from '#lib/ports/limits';
import type { Operation } from '#lib/ports/store';
import type { Update } from '#lib/ports/update';
import { addable, alive, always, conditionExpression, joined } from './condition.ts';
import { Placeholders } from './expression.ts';
import { indexKeyAttributes, keyAttributes, toAttributes } from './item.ts';
import { FORMAT, FORMAT_ATTRIBUTE, INDEX_NAMES, indexAttributes, type TableNames, tableOf } from './schema.ts';
import { attributeName, toAttribute } from './value.ts';

/** One operation of a transaction as DynamoDB takes it. Every refusal comes with what stood there. */
export function transactItem(operation: Operation, names: TableNames, nowSeconds: number): TransactWriteItem {
  const to = new Placeholders();
  const TableName = tableOf(names, keyOf(operation).pk);
  const condition = conditionOf(operation, nowSeconds, to);
  const guard = (expression: string) => ({
    ConditionExpression: expression,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  });
  const Key = keyAttributes(keyOf(operation));
  if ('put' in operation) {
    const put = condition === null ? {} : { ...guard(condition), ...to.attributes() };
    return { Put: { TableName, Item: toAttributes(operation.put), ...put } };
  }
  if ('delete' in operation) {
    const removal = condition === null ? {} : { ...guard(condition), ...to.attributes() };
    return { Delete: { TableName, Key, ...removal } };
  }
  if ('check' in operation)
    return { ConditionCheck: { TableName, Key, ...guard(condition ?? ''), ...to.attributes() } };
  const UpdateExpression = updateExpression(operation, to);
  return { Update: { TableName, Key, UpdateExpression, ...guard(condition ?? ''), ...to.attributes() } };
}

/**
 * The same demand without the change: the conditions of a whole transaction, asked together. DynamoDB looks at what an
 * update would do to the item before it looks at conditions, and then names that operation alone.
 */
export function probeItem(operation: Operation, names: TableNames, nowSeconds: number): TransactWriteItem {
  const to = new Placeholders();
  const ConditionExpression = conditionOf(operation, nowSeconds, to) ?? always(to);
  return {
    ConditionCheck: {
      TableName: tableOf(names, keyOf(operation).pk),
      Key: keyAttributes(keyOf(operation)),
      ConditionExpression,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...to.attributes(),
    },
  };
}

/** Null when anything may stand there. An update only ever changes an item that has not expired. */
function conditionOf(operation: Operation, nowSeconds: number, to: Placeholders): string | null {
  const { condition } = operation;
  const demands = condition === undefined ? [] : [conditionExpression(condition, nowSeconds, to)];
  if ('update' in operation) {
    demands.push(alive(nowSeconds, to), ...Object.keys(operation.add ?? {}).map((name) => addable(name, to)));
  }
  return demands.length === 0 ? null : joined('AND', demands);
}

function updateExpression(update: Update, to: Placeholders): string {
  const set = Object.entries({
    [FORMAT_ATTRIBUTE]: { N: FORMAT },
    ...Object.fromEntries(
      Object.entries(update.set ?? {}).map(([name, value]) => [attributeName(name), toAttribute(value)]),
    ),
    ...indexKeyAttributes(update.indexes),
  }).map(([attribute, value]) => `${to.name(attribute)} = ${to.value(value)}`);
  const add = Object.entries(update.add ?? {}).map(
    ([name, amount]) => `${to.name(attributeName(name))} ${to.value({ N: String(amount) })}`,
  );
  const remove = [...(update.remove ?? []).map(attributeName), ...lostIndexes(update)].map((one) => to.name(one));
  return [clause('SET', set), clause('ADD', add), clause('REMOVE', remove)].filter((text) => text !== '').join(' ');
}

function clause(word: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${word} ${parts.join(', ')}`;
}

/** The key attributes of the indexes an update takes its item out of: it names all that remain, or says nothing. */
function lostIndexes({ indexes }: Update): string[] {
  if (indexes === undefined) return [];
  return INDEX_NAMES.filter((name) => indexes[name] === undefined).flatMap((name) =>
    Object.values(indexAttributes(name)),
  );
}
