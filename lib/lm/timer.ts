import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from '#lib/base/clock';

/** A clock one can wait on, so that tests own back-off and scripted delays. */
export interface Timer extends Clock {
  /** Resolves after `milliseconds`; rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemTimer: Timer = {
  now: systemClock.now,
  async sleep(milliseconds, signal) {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error) => {
      throw signal?.reason ?? error;
    });
  },
};
