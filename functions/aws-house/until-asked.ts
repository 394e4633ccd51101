import type { Live } from '#lib/ports/live';
import { topicOf } from '#lib/resources/watch';

/**
 * Drives a run in the process that waits for it until somebody has to be asked. Who decides may take days, and a function
 * that answers requests lives for seconds: from there on the run is its machine's, which takes over what the journal
 * holds. `drive` leaves without a word when its signal aborts; a hand-over that fails is made good by the run's message.
 */
export async function untilAsked(
  live: Pick<Live, 'subscribe'>,
  executionId: string,
  signal: AbortSignal,
  parts: { drive: (signal: AbortSignal) => Promise<void>; handOver: () => Promise<unknown> },
): Promise<void> {
  const asked = new AbortController();
  const unsubscribe = live.subscribe(topicOf('Execution', executionId), ({ event }) => {
    if (event === 'approval') asked.abort();
  });
  try {
    await parts.drive(AbortSignal.any([signal, asked.signal]));
  } finally {
    unsubscribe();
  }
  if (asked.signal.aborted && !signal.aborted) await parts.handOver().catch(() => undefined);
}
