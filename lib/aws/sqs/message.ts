import type { Message as SqsMessage } from '@aws-sdk/client-sqs';
import { sha256 } from '#lib/base/hash';
import type { Message } from '#lib/ports/queue';

/** A received message in the port's words. Lambda hands over the same fields under other names; see `fromRecord`. */
export function fromSqs(message: SqsMessage): Message {
  const { MessageId = '', Body = '', ReceiptHandle = '', Attributes = {} } = message;
  return {
    id: MessageId,
    body: Body,
    receipt: ReceiptHandle,
    receiveCount: Number(Attributes.ApproximateReceiveCount ?? 1),
    sentAt: Number(Attributes.SentTimestamp ?? 0),
  };
}

/** One record of the event with which SQS calls a function. */
export interface SqsRecord {
  messageId: string;
  receiptHandle: string;
  body: string;
  attributes: { [name: string]: string | undefined };
}

export function fromRecord({ messageId, receiptHandle, body, attributes }: SqsRecord): Message {
  return {
    id: messageId,
    body,
    receipt: receiptHandle,
    receiveCount: Number(attributes.ApproximateReceiveCount ?? 1),
    sentAt: Number(attributes.SentTimestamp ?? 0),
  };
}

/** The tenant of a fair queue. A name SQS does not take is replaced by its hash. */
export function groupId(group: string): string {
  return /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/.test(group) ? group : sha256(group);
}
