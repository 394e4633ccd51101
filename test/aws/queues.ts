import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type AwsAccess, clientOptions } from '#lib/aws/client/options';
import type { QueueUrls } from '#lib/aws/sqs/queue';
import { MAX_RECEIVES, QUEUE_NAMES, type QueueName } from '#lib/ports/queue';

export interface Queues {
  client: SQSClient;
  urls: Record<QueueName, QueueUrls>;
  remove(): Promise<void>;
}

/** Longer than the longest wait for a message. */
const PATIENCE = { requestTimeoutMs: 25_000, maxAttempts: 3 };

/** Every queue with its dead-letter queue, empty, as the stack makes them. */
export async function makeQueues(access: AwsAccess): Promise<Queues> {
  const client = new SQSClient(clientOptions(access, PATIENCE));
  const stem = randomUUID();
  const make = async (QueueName: string, Attributes: Record<string, string> = {}): Promise<string> =>
    (await client.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  const entries = await Promise.all(
    QUEUE_NAMES.map(async (name): Promise<[QueueName, QueueUrls]> => {
      const deadLetters = await make(`${stem}-${name}-dlq`);
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['QueueArn'] }),
      );
      const policy = { deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: MAX_RECEIVES };
      const queue = await make(`${stem}-${name}`, { RedrivePolicy: JSON.stringify(policy) });
      return [name, { queue, deadLetters }];
    }),
  );
  const urls = Object.fromEntries(entries) as Record<QueueName, QueueUrls>;
  return {
    client,
    urls,
    remove: async () => {
      const all = Object.values(urls).flatMap(({ queue, deadLetters }) => [queue, deadLetters]);
      await Promise.all(all.map((QueueUrl) => client.send(new DeleteQueueCommand({ QueueUrl }))));
      client.destroy();
    },
  };
}
