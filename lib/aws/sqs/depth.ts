import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { asking } from '../client/fault.ts';
import { type AwsAccess, clientOptions } from '../client/options.ts';

const PATIENCE = { requestTimeoutMs: 5000, maxAttempts: 4 };
const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

/** About how many messages a queue has: waiting, in hand and delayed. */
export async function queueDepth(access: AwsAccess, url: string): Promise<number> {
  const client = new SQSClient(clientOptions(access, PATIENCE));
  try {
    const { Attributes = {} } = await asking(`depth of ${url}`, () =>
      client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...COUNTS] })),
    );
    return COUNTS.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  } finally {
    client.destroy();
  }
}
