import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Random } from '#lib/base/random';
import type { QueueName } from '#lib/ports/queue';
import type { Queues } from '../queues.ts';
import { Died, type FunctionName, type Functions } from './functions.ts';
import type { Weather } from './weather.ts';

export interface Mapping {
  /** Of what came from the queue, and what the weather made of it. */
  counts: { received: number; resent: number; twice: number; batches: number; partial: number; died: number };
  /** Nothing in hand, nothing received that was not handed on. */
  idle(): boolean;
  stop(): Promise<void>;
}

export interface MappingOptions {
  queues: Queues;
  queue: QueueName;
  functions: Functions;
  /** Of the functions that answer this queue. */
  name: FunctionName;
  batchSize: number;
  /** Batches in hand at the same time. */
  concurrency: number;
  visibilitySeconds: number;
  deliveries: Weather['deliveries'];
  random: Random;
}

/** Out of so many received messages the next batch is drawn, in any order. */
const WINDOW = 40;
const IDLE_MS = 50;

/** Another delivery of it has been deleted meanwhile, or has taken it. */
function unlessGone(error: unknown): void {
  if (!/ReceiptHandleIsInvalid|InvalidParameterValue|MessageNotInflight/.test(String(error))) throw error;
}

/** After so many seconds what failed or was in the hands of the dead comes again: as when its visibility ends, but sooner. */
const AGAIN_SECONDS = { from: 0, to: 3 };

/**
 * What Lambda does between a queue and a function: receives, calls, deletes what was not reported as failed. Deliveries are
 * shuffled and doubled.
 */
export function mapQueue(options: MappingOptions): Mapping {
  const { queues, queue, functions, name, batchSize, random, deliveries, visibilitySeconds } = options;
  const { client } = queues;
  const QueueUrl = queues.urls[queue].queue;
  const counts = { received: 0, resent: 0, twice: 0, batches: 0, partial: 0, died: 0 };
  const running = new Set<Promise<void>>();
  let window: Message[] = [];
  let stopping = false;

  const receive = async (): Promise<boolean> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: visibilitySeconds, WaitTimeSeconds: 0 },
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
      }),
    );
    counts.received += Messages.length;
    window.push(...Messages);
    for (const { Body = '' } of Messages) {
      if (random.next() >= deliveries.resent) continue;
      counts.resent += 1;
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: Body, DelaySeconds: random.integer(0, 3) }));
    }
    return Messages.length > 0;
  };

  const handOver = async (batch: Message[]): Promise<void> => {
    counts.batches += 1;
    const Records = batch.map(({ MessageId, Body, ReceiptHandle, Attributes }) => ({
      ...{ messageId: MessageId, body: Body, receiptHandle: ReceiptHandle, attributes: Attributes },
      eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${QueueUrl.split('/').at(-1)}`,
    }));
    try {
      const told = await functions.invoke({ name, event: { Records }, timeoutMs: visibilitySeconds * 6000 });
      const all = batch.map(({ MessageId }) => ({ itemIdentifier: MessageId }));
      const { batchItemFailures } = ('answer' in told ? told.answer : { batchItemFailures: all }) as {
        batchItemFailures: { itemIdentifier?: string }[];
      };
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      if (failed.size > 0) counts.partial += 1;
      for (const message of batch) {
        const { MessageId, ReceiptHandle } = message;
        if (failed.has(MessageId)) await giveBack(message);
        else await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })).catch(unlessGone);
      }
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      counts.died += 1;
      for (const message of batch) await giveBack(message);
    }
  };

  const giveBack = async ({ ReceiptHandle }: Message): Promise<void> => {
    const VisibilityTimeout = random.integer(AGAIN_SECONDS.from, AGAIN_SECONDS.to);
    const request = { QueueUrl, ReceiptHandle, VisibilityTimeout };
    await client.send(new ChangeMessageVisibilityCommand(request)).catch(unlessGone);
  };

  const begin = (batch: Message[]): void => {
    const done: Promise<void> = handOver(batch).finally(() => running.delete(done));
    done.catch(() => {});
    running.add(done);
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      // A queue that does not answer in time is asked again.
      const some = window.length < WINDOW && (await receive().catch(() => false));
      while (window.length > 0 && running.size < options.concurrency) {
        window = random.shuffle(window);
        const batch = window.splice(0, batchSize);
        begin(batch);
        const [first] = batch;
        if (first === undefined || random.next() >= deliveries.twice * batch.length) continue;
        counts.twice += 1;
        begin([first]);
      }
      if (running.size >= options.concurrency) await Promise.race(running);
      else if (!some) await sleep(IDLE_MS);
    }
  };
  const looping = loop();
  return {
    counts,
    idle: () => running.size === 0 && window.length === 0,
    stop: async () => {
      stopping = true;
      await looping;
      await Promise.all(running);
    },
  };
}
