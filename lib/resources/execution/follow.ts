import type { Accepted, StreamEvent } from '#lib/kernel/resource';

import type { Context } from '../define.ts';
import { settled, watch } from '../watch.ts';
import { readSteps } from './steps.ts';

const ended = (state: string): boolean => state === 'completed' || state === 'failed' || state === 'cancelled';

/** An execution as it happens. Recorded steps carry their number as event id, so a client that reconnects misses none. */
export function follow(record: { id: string }, ctx: Context, after: string | null): AsyncIterable<StreamEvent> {
  let seen = Number.parseInt(after ?? '', 10);
  if (!Number.isSafeInteger(seen)) seen = 0;
  async function* recorded(): AsyncGenerator<StreamEvent> {
    const steps = await readSteps(ctx.services, ctx.workspaceId, record.id);
    for (const [index, step] of steps.entries()) {
      if (index < seen) continue;
      seen = index + 1;
      yield { id: String(seen), event: 'step', data: step };
    }
  }
  return watch({ resource: 'Execution', id: record.id, ended, recorded }, ctx);
}

/** "Under way": 202 with the execution's address, or its end for who waits. */
export function accepted(id: string, ctx: Context): Accepted {
  return {
    accepted: { resource: 'Execution', id },
    settled: (signal) => settled({ resource: 'Execution', id, ended }, ctx, signal),
  };
}
