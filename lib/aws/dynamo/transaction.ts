import { setTimeout as pause } from 'node:timers/promises';
import {
  type CancellationReason,
  type DynamoDBClient,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { Internal, Unavailable } from '#lib/base/errors';
import { ulid } from '#lib/base/id';
import { holds } from '#lib/ports/condition';
import { checkOperations, checkSizes, itemBytes, keyOf } from '#lib/ports/limits';
import { type Key, type Operation, StoreLimitExceeded, TransactionRefused } from '#lib/ports/store';
import { updated } from '#lib/ports/update';
import { asPortError, faultOf, isThrottled, isUnanswered } from '../client/fault.ts';
import { aliveAt } from './item.ts';
import { probeItem, transactItem } from './operation.ts';
import type { TableNames } from './schema.ts';

export interface TransactionParts {
  client: DynamoDBClient;
  tables: TableNames;
  /** Milliseconds; conditions of one transaction all see the same moment. */
  now: number;
}

/** Other transactions on the same items make one wait: so often, then the caller hears of it. */
const ATTEMPTS = 30;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 400;
/** The client repeats an unanswered or throttled request itself; so often is that done in all. */
const FAILURES = 2;

/**
 * Carries out the operations once. Conflicts and throttling are waited out with full jitter. A request that was not
 * answered is repeated under its token, by which DynamoDB knows it for 10 minutes: it happens once, whether or not the
 * first was carried out. Throws TransactionRefused, StoreLimitExceeded, Unavailable.
 */
export async function transact(operations: readonly Operation[], parts: TransactionParts): Promise<void> {
  checkOperations(operations);
  checkSizes(operations.flatMap((one) => ('put' in one ? [{ key: one.put, bytes: itemBytes(one.put) }] : [])));
  const { client, tables, now } = parts;
  const nowSeconds = Math.floor(now / 1000);
  let items = operations.map((operation) => transactItem(operation, tables, nowSeconds));
  // What the caller does with its objects from here on changes nothing; the data of puts is in the items.
  const asked = operations.map(copied);
  let token = ulid();
  let failures = 0;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const error = await sent(client, items, token);
    if (error === null) return;
    const next = await answerTo(error, asked, parts);
    if (next.error !== undefined) throw next.error;
    if (next.unanswered || next.throttled) failures += 1;
    if (failures >= FAILURES) throw asPortError(error, `transaction on ${tables.main}`);
    if (next.instead !== undefined && next.instead.size > 0) {
      items = items.map((item, position) => next.instead?.get(position) ?? item);
      token = ulid();
    }
    // Everything else keeps its token: whatever is answered now, an earlier try may have been carried out unanswered.
    await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
  }
  const keys = asked.slice(0, 3).map(shown).join(', ');
  throw new Unavailable('store_contended', `too many writers at the same time on ${keys}`, { retryAfterSeconds: 1 });
}

async function sent(client: DynamoDBClient, items: TransactWriteItem[], token: string): Promise<unknown> {
  try {
    await client.send(new TransactWriteItemsCommand({ TransactItems: items, ClientRequestToken: token }));
    return null;
  } catch (error) {
    return error ?? new Error('rejected with nothing');
  }
}

/** What a failed request calls for: an error for the caller, or another try, perhaps with other items here and there. */
interface Next {
  error?: Error;
  unanswered?: boolean;
  throttled?: boolean;
  instead?: ReadonlyMap<number, TransactWriteItem>;
}

async function answerTo(error: unknown, operations: readonly Operation[], parts: TransactionParts): Promise<Next> {
  const fault = faultOf(error);
  if (fault === null) return { error: new Error('DynamoDB failed with something that is no error', { cause: error }) };
  if (fault.name === 'TransactionCanceledException') {
    const next = answerToReasons(error, operations, parts);
    return next === 'probe' ? probe(error, operations, parts) : next;
  }
  if (fault.name === 'TransactionConflictException') return {};
  if (isThrottled(fault)) return { throttled: true };
  // In progress: the first try under this token is still being carried out.
  if (fault.name === 'TransactionInProgressException' || isUnanswered(fault, error) || fault.status >= 500)
    return { unanswered: true };
  if (fault.name === 'ValidationException' && TOO_LARGE.test(fault.message))
    return { error: new StoreLimitExceeded(`DynamoDB refused the transaction: ${fault.message}`, { cause: error }) };
  return { error: asPortError(error, `transaction on ${parts.tables.main}`) as Error };
}

function answerToReasons(error: unknown, operations: readonly Operation[], parts: TransactionParts): Next | 'probe' {
  const { CancellationReasons: reasons = [] } = error as { CancellationReasons?: CancellationReason[] };
  const refused: Refusal[] = [];
  const instead = new Map<number, TransactWriteItem>();
  for (const [position, operation] of operations.entries()) {
    const { Code: code, Item: attributes, Message: message = '' } = reasons[position] ?? {};
    if (code === 'ValidationError' && TOO_LARGE.test(message))
      return { error: new StoreLimitExceeded(`${shown(operation)} would be too large: ${message}`, { cause: error }) };
    if (code === 'ValidationError' && 'update' in operation) return 'probe';
    if (code !== 'ConditionalCheckFailed') continue;
    const next = 'update' in operation ? anew(operation, attributes, parts) : null;
    if (next !== null) instead.set(position, next);
    else refused.push({ operation: position, key: bare(keyOf(operation)), found: aliveAt(attributes, parts.now) });
  }
  if (refused.length > 0) return { error: new TransactionRefused(refused) };
  if (instead.size > 0 || reasons.some(({ Code = '' }) => PASSING.has(Code))) return { instead };
  const codes = [...new Set(reasons.map(({ Code }) => Code))].join(', ');
  return { error: new Internal('aws_refused', `DynamoDB cancelled a transaction (${codes})`, { cause: error }) };
}

type Refusal = TransactionRefused['refused'][number];

/**
 * DynamoDB could not carry out an addition, and then says nothing of the conditions. They are asked alone: what they
 * refuse is the answer, or, where an expired item refuses, what is to be done instead. When they hold, the item has become addable meanwhile, or the sum is past what a number holds.
 */
async function probe(error: unknown, operations: readonly Operation[], parts: TransactionParts): Promise<Next> {
  const { client, tables, now } = parts;
  const checks = operations.map((operation) => probeItem(operation, tables, Math.floor(now / 1000)));
  const answer = await sent(client, checks, ulid());
  if (answer !== null) {
    const next = answerToReasons(answer, operations, parts);
    return next === 'probe' ? {} : next;
  }
  const { CancellationReasons: reasons = [] } = error as { CancellationReasons?: CancellationReason[] };
  const position = reasons.findIndex(({ Message = '' }) => OVERFLOW.test(Message));
  const operation = operations[position];
  if (operation === undefined) return {};
  return { error: new TransactionRefused([{ operation: position, key: bare(keyOf(operation)), found: null }]) };
}

const OVERFLOW = /overflow|magnitude|significant digits/i;
const TOO_LARGE = /size/i;
/** Reasons that pass by waiting. */
const PASSING = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * An update fails although nothing speaks against it when an expired item stands there: then it becomes a put of what
 * the update makes of nothing, as long as no living item is there. Should one have come meanwhile, it is an update again.
 * Null when the update is refused.
 */
function anew(
  operation: Operation & { update: Key },
  attributes: CancellationReason['Item'],
  { tables, now }: TransactionParts,
): TransactWriteItem | null {
  const found = aliveAt(attributes, now);
  const item = updated(operation, found);
  if (item === null || (operation.condition !== undefined && !holds(operation.condition, found))) return null;
  const nowSeconds = Math.floor(now / 1000);
  if (found !== null) return transactItem(operation, tables, nowSeconds);
  return transactItem({ put: item, condition: { kind: 'absent' } }, tables, nowSeconds);
}

function copied(operation: Operation): Operation {
  if (!('put' in operation)) return structuredClone(operation);
  const { put, condition } = operation;
  return {
    put: { ...bare(put), data: {} },
    ...(condition === undefined ? {} : { condition: structuredClone(condition) }),
  };
}

function shown(operation: Operation): string {
  const { pk, sk } = keyOf(operation);
  return `${pk} ${sk}`;
}

function bare({ pk, sk }: Key): Key {
  return { pk, sk };
}
