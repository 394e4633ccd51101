import type { Leave } from './leave.ts';

/** At most `limit` pieces of work at a time, the others in the order they came. */
export interface Bulkhead {
  run<T>(work: () => Promise<T>, signal: Leave | undefined): Promise<T>;
}

export function createBulkhead(limit: number): Bulkhead {
  let running = 0;
  const waiting = new Set<() => void>();
  const next = () => {
    running -= 1;
    for (const start of waiting) {
      waiting.delete(start);
      start();
      break;
    }
  };
  const slot = (signal: Leave | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const start = () => {
        signal?.removeEventListener('abort', leave);
        running += 1;
        resolve();
      };
      const leave = () => {
        waiting.delete(start);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      waiting.add(start);
    });
  return {
    async run(work, signal) {
      if (signal?.aborted) throw signal.reason;
      if (running < limit) running += 1;
      else await slot(signal);
      try {
        return await work();
      } finally {
        next();
      }
    },
  };
}
