import { DspexError } from '#lib/base/errors';

/**
 * Was it refused because somebody else has done it, or because the record has ended? Then there is nothing left to do.
 * Losing a race for the record (`conflict`) is something else: nothing was done, and it must be tried again.
 */
export function isTooLate(error: unknown): boolean {
  return DspexError.is(error) && error.status === 409 && error.code !== 'conflict';
}
