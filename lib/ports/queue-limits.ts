import {
  MAX_BODY_BYTES,
  QUEUE_LIMITS,
  QUEUE_NAMES,
  QueueLimitExceeded,
  type QueueName,
  type ReceiveOptions,
} from './queue.ts';

/** What every body of the port refuses alike, so that nothing works in one home that the other would not take. */
export function checkSend(queue: QueueName, body: string, delaySeconds = 0): void {
  checkName(queue);
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES)
    throw new QueueLimitExceeded(`a message has at most ${MAX_BODY_BYTES} bytes, got ${bytes}: send a pointer`);
  if (!body.isWellFormed()) throw new QueueLimitExceeded('a message is well-formed text; this one has lone surrogates');
  checkRange('delaySeconds', delaySeconds, 0, QUEUE_LIMITS.delaySeconds);
}

export function checkReceive(queue: QueueName, options: ReceiveOptions): void {
  checkName(queue);
  checkRange('max', options.max, 1, QUEUE_LIMITS.messages);
  checkVisibility(options.visibilitySeconds);
  checkRange('waitSeconds', options.waitSeconds ?? 0, 0, QUEUE_LIMITS.waitSeconds);
}

export function checkVisibility(visibilitySeconds: number): void {
  checkRange('visibilitySeconds', visibilitySeconds, 0, QUEUE_LIMITS.visibilitySeconds);
}

export function checkListing(queue: QueueName, limit: number): void {
  checkName(queue);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new QueueLimitExceeded(`a listing has 1 to 1000 messages, asked for ${limit}`);
}

function checkName(queue: QueueName): void {
  if (!QUEUE_NAMES.includes(queue))
    throw new QueueLimitExceeded(`the queues are ${QUEUE_NAMES.join(', ')}; got ${JSON.stringify(queue)}`);
}

function checkRange(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new QueueLimitExceeded(`${name} is ${low} to ${high}, got ${value}`);
}
