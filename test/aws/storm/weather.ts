import type { Random } from '#lib/base/random';
import type { DisturbedBy } from '../disturbed.ts';

/** How bad it is: chances, each of one occasion. The same in every process of a storm. */
export interface Weather {
  seed: string;
  /** A process dies just before a slice is counted, just after, or after it has answered nobody yet. */
  dies: { beforeCounting: number; afterCounting: number; beforeAnswering: number };
  /** Of the requests a process sends: turned away, in conflict, or carried out and never answered. */
  requests: { throttled: number; conflict: number; lost: number };
  /** Of the deliveries of a queue: sent again, or handed to two processes at the same moment. */
  deliveries: { resent: number; twice: number };
  /** Of the invocations: its process is killed at a random moment of them. */
  killed: number;
}

/** Of a hundred deliveries five come twice; of a hundred workers five die, half of them at the worst moments. */
export const STORM: Omit<Weather, 'seed'> = {
  dies: { beforeCounting: 0.005, afterCounting: 0.015, beforeAnswering: 0.005 },
  requests: { throttled: 0.003, conflict: 0.003, lost: 0.003 },
  deliveries: { resent: 0.025, twice: 0.025 },
  killed: 0.025,
};

/** For few slices: so bad that a count without the fence goes wrong among as few as these. */
export const GALE: Omit<Weather, 'seed'> = {
  dies: { beforeCounting: 0.02, afterCounting: 0.08, beforeAnswering: 0.02 },
  requests: { throttled: 0.005, conflict: 0.005, lost: 0.005 },
  deliveries: { resent: 0.15, twice: 0.15 },
  killed: 0.05,
};

/** Which requests have what bad luck. */
export function badRequests({ requests }: Pick<Weather, 'requests'>, random: Random): DisturbedBy {
  return () => {
    let drawn = random.next();
    for (const [disturbance, chance] of Object.entries(requests)) {
      drawn -= chance;
      if (drawn < 0) return disturbance as keyof Weather['requests'];
    }
    return null;
  };
}
