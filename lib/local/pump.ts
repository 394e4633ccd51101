import { DspexError } from '#lib/base/errors';
import { MAX_RECEIVES, type Message, type Queue, type QueueName } from '#lib/ports/queue';
import { systemTimer, type Timer } from './timer.ts';

export interface PumpOptions {
  queue: Queue & {
    /** Gives a message back without counting the delivery; a queue without it counts. */
    putBack?(queue: QueueName, receipt: string, delaySeconds?: number): Promise<boolean>;
  };
  name: QueueName;
  /** Rejecting gives the message back, to come again later. `signal` aborts when the message was lost or the pump stops. */
  handle: (message: Message, signal: AbortSignal) => Promise<void>;
  /** Messages handled at the same time. */
  concurrency: number;
  /** How long a message stays ours without a sign of life; renewed at a third of it. */
  visibilitySeconds?: number;
  /** Of a failed message, by how often it has been received. */
  retryAfterSeconds?: (receiveCount: number) => number;
  /** Of every failed delivery, and (`null`) of the queue itself when it cannot be read. */
  onFailure?: (message: Message | null, error: unknown) => void;
  /** It has failed as often as it may, and becomes a dead letter: the last chance to say so on its record. */
  onGivenUp?: (message: Message, error: unknown) => Promise<void>;
  timer?: Timer;
}

const LONGEST_WAIT_SECONDS = 60;
const OUTAGE_WAIT_SECONDS = 5;

/**
 * Takes messages of one queue and has them handled, until stopped; what SQS and Lambda do in the other home. Whatever
 * happens to the queue or in a handler, the pump goes on.
 */
export function pump(options: PumpOptions): { stop(): Promise<void> } {
  const { queue, name, concurrency, visibilitySeconds = 60, timer = systemTimer } = options;
  const { retryAfterSeconds = (count: number) => Math.min(LONGEST_WAIT_SECONDS, 4 ** (count - 1)) } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const receive = async (failures: number): Promise<Message[] | null> => {
    try {
      const max = Math.min(10, concurrency - running.size);
      return await queue.receive(name, { max, visibilitySeconds, waitSeconds: 20, signal: stopping.signal });
    } catch (error) {
      if (stopping.signal.aborted) return null;
      options.onFailure?.(null, error);
      await pause(Math.min(LONGEST_WAIT_SECONDS, 2 ** failures), timer, stopping.signal);
      return null;
    }
  };

  const loop = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const messages = await receive(failures);
      failures = messages === null ? failures + 1 : 0;
      for (const message of messages ?? []) {
        const done: Promise<void> = one(message).finally(() => running.delete(done));
        running.add(done);
      }
      if (running.size >= concurrency) await Promise.race(running);
    }
  };

  const one = async (message: Message): Promise<void> => {
    const lost = new AbortController();
    const stopBeating = keepAlive(options, message, lost);
    try {
      let failed: { error: unknown } | null = null;
      try {
        await options.handle(message, AbortSignal.any([lost.signal, stopping.signal]));
      } catch (error) {
        failed = { error };
      }
      // Somebody else has it now, and will see it through.
      if (lost.signal.aborted) return;
      // Cut off by the stop: the next process need not wait for the visibility to end, nor is it the message's fault.
      if (stopping.signal.aborted) await giveBack(message, 0);
      else if (failed === null) await queue.delete(name, message.receipt);
      else await failure(message, failed.error);
    } catch (error) {
      // The queue is out of reach: the message comes again when its visibility ends.
      options.onFailure?.(message, error);
    } finally {
      stopBeating();
    }
  };

  const giveBack = (message: Message, seconds: number): Promise<boolean> =>
    queue.putBack?.(name, message.receipt, seconds) ?? queue.extend(name, message.receipt, seconds);

  const failure = async (message: Message, error: unknown): Promise<void> => {
    options.onFailure?.(message, error);
    if (DspexError.is(error) && (error.status === 503 || error.retryAfterSeconds !== undefined)) {
      // Not the message's fault either: it waits until the disk or the store is back, or a race for a record is over.
      await giveBack(message, error.retryAfterSeconds ?? OUTAGE_WAIT_SECONDS);
      return;
    }
    if (message.receiveCount >= MAX_RECEIVES) {
      await options.onGivenUp?.(message, error).catch((also: unknown) => options.onFailure?.(message, also));
    }
    await queue.extend(name, message.receipt, retryAfterSeconds(message.receiveCount));
  };

  const looping = loop();
  return {
    stop: async () => {
      stopping.abort();
      await looping;
      await Promise.allSettled(running);
    },
  };
}

/** Renews our hold at every third of the visibility; three failures in a row and it is over. */
function keepAlive(options: PumpOptions, message: Message, lost: AbortController): () => void {
  const { queue, name, visibilitySeconds = 60, timer = systemTimer } = options;
  let ended = false;
  let failures = 0;
  let cancel = (): void => {};
  const renew = async (): Promise<void> => {
    let ours: boolean;
    try {
      ours = await queue.extend(name, message.receipt, visibilitySeconds);
      failures = 0;
    } catch {
      failures += 1;
      ours = failures < 3;
    }
    if (ended) return;
    if (ours) beat();
    else lost.abort(new DOMException(`${message.id} is no longer ours`, 'AbortError'));
  };
  const beat = (): void => {
    cancel = timer.after((visibilitySeconds * 1000) / 3, () => void renew());
  };
  beat();
  return () => {
    ended = true;
    cancel();
  };
}

async function pause(seconds: number, timer: Timer, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timer.after(seconds * 1000, resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  cancel();
}
