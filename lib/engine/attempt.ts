import { type Failure, failureOf } from '#lib/base/failure';
import type { Timers } from './engine.ts';
import { JournalBroken } from './journal-writer.ts';
import type { Performed } from './run-state.ts';

/** How long an aborted attempt may take to hand over what it has spent. */
const GRACE_MS = 100;

/**
 * One attempt under its time limit and the run's signal. Work that does not heed its signal is left behind after a short
 * grace: it can end whenever it likes, and nobody looks.
 */
export async function attempt(
  work: (signal: AbortSignal | undefined) => Promise<Performed>,
  timeoutSeconds: number | undefined,
  signal: AbortSignal | undefined,
  timers: Timers,
): Promise<Performed> {
  if (timeoutSeconds === undefined && signal === undefined) return safely(work, undefined);
  // Without a time limit there is one who can end it, whose signal the work can have itself.
  const own = timeoutSeconds === undefined ? undefined : new AbortController();
  let ended: Failure | undefined;
  let cancelTimer: (() => void) | undefined;
  let onAbort: (() => void) | undefined;
  const performed = await new Promise<Performed>((resolve, reject) => {
    const end = (failure: Failure): void => {
      ended = failure;
      own?.abort();
      cancelTimer?.();
      cancelTimer = timers(GRACE_MS, () => resolve({ output: null, failure }));
    };
    onAbort = () => end({ name: 'Cancelled', message: 'The run was cancelled', retryable: false });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutSeconds !== undefined)
      cancelTimer = timers(timeoutSeconds * 1000, () =>
        end({ name: 'Step.Timeout', message: `No result within ${timeoutSeconds} s`, retryable: true }),
      );
    safely(work, own?.signal ?? signal).then(resolve, reject);
  });
  cancelTimer?.();
  if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  // Work that managed to succeed although it was told to stop has succeeded: what it did cannot be taken back.
  return ended === undefined || performed.failure === undefined ? performed : { ...performed, failure: ended };
}

async function safely(
  work: (signal: AbortSignal | undefined) => Promise<Performed>,
  signal: AbortSignal | undefined,
): Promise<Performed> {
  try {
    return await work(signal);
  } catch (error) {
    if (error instanceof JournalBroken) throw error;
    return { output: null, failure: failureOf(error) };
  }
}
