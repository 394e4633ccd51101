import type { Message, Queue, QueueName } from '#lib/ports/queue';
import { systemTimer, type Timer } from './timer.ts';

export interface PumpOptions {
  queue: Queue;
  name: QueueName;
  /** Rejecting gives the message back, to come again later. `signal` aborts when the message was lost or the pump stops. */
  handle: (message: Message, signal: AbortSignal) => Promise<void>;
  /** Messages handled at the same time. */
  concurrency: number;
  /** How long a message stays ours without a sign of life; renewed at a third of it. */
  visibilitySeconds?: number;
  /** Of a failed message, by how often it has been received. */
  retryAfterSeconds?: (receiveCount: number) => number;
  onFailure?: (message: Message, error: unknown) => void;
  timer?: Timer;
}

/** Takes messages of one queue and has them handled, until stopped; what SQS and Lambda do in the other home. */
export function pump(options: PumpOptions): { stop(): Promise<void> } {
  const { queue, name, concurrency, visibilitySeconds = 60 } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const max = Math.min(10, concurrency - running.size);
      const messages = await queue.receive(name, { max, visibilitySeconds, waitSeconds: 20, signal: stopping.signal });
      for (const message of messages) {
        const done: Promise<void> = one(message).finally(() => running.delete(done));
        running.add(done);
      }
      if (running.size >= concurrency) await Promise.race(running);
    }
  };

  const one = async (message: Message): Promise<void> => {
    const lost = new AbortController();
    const heartbeat = keepAlive(options, message, lost);
    try {
      await options.handle(message, AbortSignal.any([lost.signal, stopping.signal]));
      if (!lost.signal.aborted && !stopping.signal.aborted) await queue.delete(name, message.receipt);
      // Cut off by the stop: given back at once, so that the next process need not wait for the visibility to end.
      else if (!lost.signal.aborted) await queue.extend(name, message.receipt, 0);
    } catch (error) {
      options.onFailure?.(message, error);
      const wait = options.retryAfterSeconds ?? ((count: number) => Math.min(60, 2 ** (count - 1)));
      await queue.extend(name, message.receipt, wait(message.receiveCount)).catch(() => false);
    } finally {
      heartbeat();
    }
  };

  const looping = loop();
  // A queue that cannot be read any more ends the pump; whoever stops it hears why.
  looping.catch(() => {});
  return {
    stop: async () => {
      stopping.abort();
      await looping;
      await Promise.allSettled(running);
    },
  };
}

function keepAlive(options: PumpOptions, message: Message, lost: AbortController): () => void {
  const { queue, name, visibilitySeconds = 60, timer = systemTimer } = options;
  let cancel: () => void;
  const beat = (): void => {
    cancel = timer.after((visibilitySeconds * 1000) / 3, () => {
      queue.extend(name, message.receipt, visibilitySeconds).then(
        (ours) => (ours ? beat() : lost.abort()),
        // The store is out of reach: tried again at the next beat, the message is ours until its visibility ends.
        () => beat(),
      );
    });
  };
  beat();
  return () => cancel();
}
