import type { SQSClient } from '@aws-sdk/client-sqs';
import { asking } from '../client/fault.ts';
import { type AwsAccess, clientOptions } from '../client/options.ts';

/** A function does not wait long for it: what is not given back comes again by itself, only later. */
const PATIENCE = { requestTimeoutMs: 2000, maxAttempts: 2 };

/** A message as its function was called with it. */
export interface Received {
  receiptHandle: string;
  eventSourceARN: string;
}

/**
 * Gives a message that failed back to its queue, to come again after so many seconds. Without it Lambda lets it wait for
 * the rest of its visibility, which is six times the function's limit: half an hour and more. Throws Unavailable.
 */
export function comingAgain(access: AwsAccess): (message: Received, seconds: number) => Promise<void> {
  let client: SQSClient | null = null;
  return async ({ receiptHandle, eventSourceARN }, seconds) => {
    // Loaded with the first failure.
    const { ChangeMessageVisibilityCommand, SQSClient: Client } = await import('@aws-sdk/client-sqs');
    // Its own region's, or the emulator's: not the host in the queue's address.
    client ??= new Client({ ...clientOptions(access, PATIENCE), useQueueUrlAsEndpoint: false });
    const request = { QueueUrl: queueUrlOf(eventSourceARN), ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
    const sent = client.send(new ChangeMessageVisibilityCommand(request));
    await asking('giving a message back', () => sent);
  };
}

/** `arn:aws:sqs:eu-west-1:123456789012:name`, of the partition's own host. */
function queueUrlOf(arn: string): string {
  const [, partition = 'aws', , region = '', account = '', name = ''] = arn.split(':');
  return `https://sqs.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}/${account}/${name}`;
}
