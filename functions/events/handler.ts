import { fedItems, type StreamRecord } from '#lib/aws/dynamo/stream';
import { relay } from '#lib/kernel/outbox';
import { MESSAGES, type MessageOf, messageKey } from '#lib/ports/messages';
import type { QueueName } from '#lib/ports/queue';
import { logger, observed, said } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';

interface StreamEvent {
  Records: StreamRecord[];
}

/**
 * The outbox leaves the table: messages to their queues, events to the bus, in the order of the stream. The first record
 * that fails is where the stream goes on again, so nothing is left out and little is sent twice.
 */
export const handler = observed('events', async ({ Records }: StreamEvent) => {
  const { queue, events } = aws().home;
  const send = async (name: QueueName, body: string): Promise<void> => {
    const message = MESSAGES[name].parse(JSON.parse(body)) as MessageOf<QueueName>;
    await queue.send(name, body, { group: message.workspaceId, key: messageKey(name, message as never) });
  };
  for (const record of Records) {
    try {
      await relay(fedItems([record]), {
        queue: { send },
        events: { ...events, publish: (all) => events.publish(all), subscribe: () => () => undefined },
      });
    } catch (error) {
      logger.error('not relayed', said(error));
      const itemIdentifier = record.dynamodb?.SequenceNumber;
      if (itemIdentifier === undefined) throw error;
      return { batchItemFailures: [{ itemIdentifier }] };
    }
  }
  return { batchItemFailures: [] };
});
