import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Internal } from '#lib/base/errors';
import type { Message, Queue, QueueName, ReceiveOptions, Sending } from '#lib/ports/queue';
import { checkListing, checkReceive, checkVisibility } from '#lib/ports/queue-limits';
import { asking, faultOf } from '../client/fault.ts';
import { moveBack, peek } from './dead-letters.ts';
import { fromSqs, groupId } from './message.ts';
import { sendable } from './sendable.ts';

export interface QueueUrls {
  /** Its redrive policy moves a message after MAX_RECEIVES receipts to `deadLetters`. */
  queue: string;
  deadLetters: string;
}

export interface SqsQueueParts {
  client: SQSClient;
  /** Of the queues this function may use. */
  urls: Readonly<Partial<Record<QueueName, QueueUrls>>>;
}

/** What SQS says of a receipt that is no longer good, or never was. */
const OUTDATED = /^(ReceiptHandleIsInvalid|InvalidParameterValue|MessageNotInflight|InvalidIdFormat)/;

/** The Queue port on SQS standard queues. Messages of one `key` are delivered each: SQS cannot make them one. */
export class SqsQueue implements Queue {
  readonly #parts: SqsQueueParts;

  constructor(parts: SqsQueueParts) {
    this.#parts = parts;
  }

  async send(queue: QueueName, body: string, { delaySeconds = 0, group = '' }: Sending = {}): Promise<void> {
    const MessageBody = sendable(queue, body, delaySeconds);
    const { client } = this.#parts;
    const QueueUrl = this.#urls(queue).queue;
    await asking(`send to ${queue}`, () =>
      client.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody,
          ...(delaySeconds === 0 ? {} : { DelaySeconds: Math.ceil(delaySeconds) }),
          // On a standard queue the group is the tenant among whom SQS is fair.
          ...(group === '' ? {} : { MessageGroupId: groupId(group) }),
        }),
      ),
    );
  }

  async receive(queue: QueueName, options: ReceiveOptions): Promise<Message[]> {
    checkReceive(queue, options);
    const { max, visibilitySeconds, waitSeconds = 0, signal } = options;
    if (isAborted(signal)) return [];
    const { client } = this.#parts;
    const request = new ReceiveMessageCommand({
      QueueUrl: this.#urls(queue).queue,
      MaxNumberOfMessages: max,
      VisibilityTimeout: Math.ceil(visibilitySeconds),
      WaitTimeSeconds: Math.ceil(waitSeconds),
      MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp'],
    });
    try {
      const { Messages = [] } = await asking(`receive from ${queue}`, () =>
        client.send(request, signal === undefined ? {} : { abortSignal: signal }),
      );
      return Messages.map(fromSqs);
    } catch (error) {
      // What SQS handed out meanwhile comes again after its visibility.
      if (isAborted(signal)) return [];
      throw error;
    }
  }

  async delete(queue: QueueName, receipt: string): Promise<void> {
    const QueueUrl = this.#urls(queue).queue;
    await this.#held(`delete from ${queue}`, new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }));
  }

  async extend(queue: QueueName, receipt: string, visibilitySeconds: number): Promise<boolean> {
    checkVisibility(visibilitySeconds);
    return this.#held(
      `extension in ${queue}`,
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#urls(queue).queue,
        ReceiptHandle: receipt,
        VisibilityTimeout: Math.ceil(visibilitySeconds),
      }),
    );
  }

  async deadLetters(queue: QueueName, limit: number): Promise<Message[]> {
    checkListing(queue, limit);
    return peek(this.#parts.client, this.#urls(queue).deadLetters, limit);
  }

  async redrive(queue: QueueName): Promise<number> {
    return moveBack(this.#parts.client, this.#urls(queue).deadLetters);
  }

  #urls(queue: QueueName): QueueUrls {
    const urls = this.#parts.urls[queue];
    if (urls === undefined) throw new Internal('queue_unknown', `this function was not given the queue ${queue}`);
    return urls;
  }

  /** False when SQS says that the receipt is not (any more) ours. */
  async #held(what: string, command: DeleteMessageCommand | ChangeMessageVisibilityCommand): Promise<boolean> {
    const { client } = this.#parts;
    return asking(what, async () => {
      try {
        await (command instanceof DeleteMessageCommand ? client.send(command) : client.send(command));
        return true;
      } catch (error) {
        if (OUTDATED.test(faultOf(error)?.name ?? '')) return false;
        throw error;
      }
    });
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
