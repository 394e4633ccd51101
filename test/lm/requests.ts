import type { LmRequest } from '#lib/lm/spec';
import type { Secrets } from '#lib/ports/secrets';

/** A request to the scripted model, changed where a test says so. */
export function request(changes: Partial<LmRequest> = {}): LmRequest {
  return {
    workspaceId: 'wsp_a',
    model: { provider: 'scripted', model: 'm' },
    messages: [{ role: 'user', content: 'hello' }],
    parameters: {},
    ...changes,
  };
}

export function secretsOf(values: Record<string, string> = {}): Secrets {
  return {
    get: async (reference) => values[reference] ?? null,
    put: async () => {
      throw new Error('nothing is stored here');
    },
  };
}

/** A timer on which waiting takes no time, and which remembers how long it was asked to wait. */
export function instantTimer(start = 1_700_000_000_000) {
  const timer = {
    time: start,
    waits: [] as number[],
    now: () => timer.time,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      timer.waits.push(milliseconds);
      timer.time += milliseconds;
    },
  };
  return timer;
}
