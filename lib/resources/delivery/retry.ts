import { createHash } from 'node:crypto';

/** Seconds between attempts: eight of them within about 28 hours. */
const WAITS = [5, 300, 1800, 7200, 18_000, 36_000, 36_000] as const;
export const MAX_ATTEMPTS = WAITS.length + 1;
/** Nothing got through for this long, and a whole series of attempts failed: nobody is there. */
export const DISABLE_AFTER_MS = 5 * 24 * 3_600_000;
/** Each wait is that much shorter or longer, so that what failed together does not come back together. */
const JITTER = 0.2;

/**
 * Milliseconds until the attempt after the `made`th of a series; null when it was the last one. `retryAfterSeconds` is
 * what the receiver asked for: it makes a wait longer, up to the longest there is.
 */
export function waitAfter(deliveryId: string, made: number, retryAfterSeconds = 0): number | null {
  const seconds = WAITS[made - 1];
  if (seconds === undefined) return null;
  const digest = createHash('sha256').update(`${deliveryId}/${made}`).digest();
  const jittered = seconds * (1 - JITTER + 2 * JITTER * (digest.readUInt32BE(0) / 2 ** 32));
  return Math.round(Math.max(jittered, Math.min(retryAfterSeconds, Math.max(...WAITS))) * 1000);
}
