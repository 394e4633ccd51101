import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { comingAgain } from '#lib/aws/sqs/come-again';
import { DspexError } from '#lib/base/errors';
import { MESSAGES, type MessageOf } from '#lib/ports/messages';
import { MAX_RECEIVES, QUEUE_NAMES, type QueueName } from '#lib/ports/queue';
import { giveUp } from '#lib/work/give-up';
import type { Hold } from '#lib/work/home';
import { reasonOf } from '#lib/work/reconcile';
import type { Aws } from '../wire-aws.ts';
import { annotate, type LambdaContext, logger, observed, said } from './observed.ts';

/** What SQS calls a function with. */
export interface SqsEvent {
  Records: SqsRecord[];
}
interface SqsRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  eventSourceARN: string;
  attributes: { ApproximateReceiveCount: string };
}
export type Handlers = { [Q in QueueName]?: (message: MessageOf<Q>, hold: Hold) => Promise<void> };

/** Work is given back this long before the function's time is up: what was done is written, the rest comes again. */
const RESERVE_MS = 8000;

const LONGEST_SECONDS = 900;
const comeAgain = comingAgain({});

/** What something else is to blame for gets time to pass: five deliveries last for twenty minutes. A bug gets one. */
function againAfter(error: unknown, delivery: number): number {
  const passing = DspexError.is(error) && (error.status === 503 || error.retryAfterSeconds !== undefined);
  return Math.min(LONGEST_SECONDS, (passing ? 15 : 1) * 4 ** (delivery - 1));
}

/**
 * The handler of a function behind queues. Every message succeeds or fails by itself. One that fails for the last time
 * becomes a dead letter, and its record says why.
 */
export function worker(name: string, aws: () => Aws, handlersOf: (aws: Aws) => Handlers) {
  const processor = new BatchProcessor(EventType.SQS);
  return observed(name, (event: SqsEvent, context) => {
    const handlers = handlersOf(aws());
    return processPartialResponse(event as never, (record: never) => one(record, handlers, aws(), context), processor, {
      throwOnFullBatchFailure: false,
    });
  });
}

async function one(record: SqsRecord, handlers: Handlers, aws: Aws, context: LambdaContext): Promise<void> {
  const queue = queueOf(record.eventSourceARN, handlers);
  const message = MESSAGES[queue].parse(JSON.parse(record.body)) as MessageOf<QueueName>;
  annotate(about(message));
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS));
  try {
    await (handlers[queue] as (message: never, hold: Hold) => Promise<void>)(message as never, { signal: stop.signal });
    // Whoever stops at a signal returns; its work is not done.
    if (stop.signal.aborted) throw new Error(`${queue}: out of time; the rest comes with the next delivery`);
  } catch (error) {
    const delivery = Number(record.attributes.ApproximateReceiveCount);
    logger.warn('message failed', { queue, delivery, ...said(error) });
    const last = delivery >= MAX_RECEIVES;
    if (last) await giveUp[queue](aws.work, message as never, reasonOf(error));
    // The last time at once: then it is a dead letter, which somebody is told of.
    await comeAgain(record, last ? 0 : againAfter(error, delivery)).catch((also: unknown) => {
      logger.warn('not given back', { queue, ...said(also) });
    });
    throw error;
  } finally {
    clearTimeout(timer);
    await aws.flush();
  }
}

/** Queues are called `...-slice`; what comes from another is a mistake of the deployment. */
function queueOf(arn: string, handlers: Handlers): QueueName {
  const found = QUEUE_NAMES.find((name) => arn.endsWith(`-${name}`) && handlers[name] !== undefined);
  if (found === undefined) throw new Error(`no handler here for messages of ${arn}`);
  return found;
}

function about(message: MessageOf<QueueName>): Record<string, string> {
  const ids = message as Partial<Record<'executionId' | 'optimizationId' | 'evaluationId', string>>;
  return {
    workspace: message.workspaceId,
    ...(ids.executionId === undefined ? {} : { execution: ids.executionId }),
    ...(ids.optimizationId === undefined ? {} : { optimization: ids.optimizationId }),
    ...(ids.evaluationId === undefined ? {} : { evaluation: ids.evaluationId }),
  };
}
