import { setTimeout as pause } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { Unavailable } from '#lib/base/errors';
import type { Message } from '#lib/ports/queue';
import { asking } from '../client/fault.ts';
import { fromSqs } from './message.ts';

/** Long enough to read a listing, short enough to get over a reader that died. */
const LOOKING_SECONDS = 30;
const POLL_MS = 200;
const MOVING_MS = 120_000;

/**
 * Up to `limit` dead letters, which then lie there as before. SQS has no way to look without receiving: for the moment
 * of the listing nobody else sees them.
 */
export async function peek(client: SQSClient, url: string, limit: number): Promise<Message[]> {
  const found: Message[] = [];
  while (found.length < limit) {
    const { Messages = [] } = await asking(`listing of ${url}`, () =>
      client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: Math.min(10, limit - found.length),
          VisibilityTimeout: LOOKING_SECONDS,
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
        }),
      ),
    );
    if (Messages.length === 0) break;
    found.push(...Messages.map(fromSqs));
  }
  for (let from = 0; from < found.length; from += 10) {
    const Entries = found
      .slice(from, from + 10)
      .map(({ receipt }, n) => ({ Id: String(n), ReceiptHandle: receipt, VisibilityTimeout: 0 }));
    await asking(`listing of ${url}`, () =>
      client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })),
    );
  }
  return found;
}

/** Moves every dead letter back to its queue and waits for the end of it; how many there were. */
export async function moveBack(client: SQSClient, url: string): Promise<number> {
  const what = `redrive of ${url}`;
  const { Attributes = {} } = await asking(what, () =>
    client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages'] }),
    ),
  );
  const { QueueArn: SourceArn, ApproximateNumberOfMessages: waiting = '0' } = Attributes;
  // The count is approximate in one direction only: a queue that never held anything says 0.
  if (Number(waiting) === 0) return 0;
  await asking(what, () => client.send(new StartMessageMoveTaskCommand({ SourceArn })));
  const deadline = Date.now() + MOVING_MS;
  for (;;) {
    const { Results: [task] = [] } = await asking(what, () =>
      client.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 })),
    );
    if (task === undefined || task.Status === 'COMPLETED')
      return Number(task?.ApproximateNumberOfMessagesMoved ?? waiting);
    if (task.Status === 'FAILED' || task.Status === 'CANCELLED')
      throw new Unavailable('redrive_failed', `${what} ended: ${task.FailureReason ?? task.Status}`);
    // It goes on without us.
    if (Date.now() > deadline) return Number(task.ApproximateNumberOfMessagesToMove ?? waiting);
    await pause(POLL_MS);
  }
}
