import { QueueLimitExceeded, type QueueName } from '#lib/ports/queue';
import { checkSend } from '#lib/ports/queue-limits';

/** What SQS takes in a message is what XML 1.0 takes; all else must be escaped, as JSON text can be. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** The body as SQS takes it: two characters that JSON allows and SQS does not are escaped, which JSON reads back. */
export function sendable(queue: QueueName, body: string, delaySeconds: number): string {
  checkSend(queue, body, delaySeconds);
  if (FORBIDDEN.test(body))
    throw new QueueLimitExceeded('a message is JSON text: control characters are escaped in it');
  if (body === '') throw new QueueLimitExceeded('a message is JSON text; this one is empty');
  return body.replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');
}
