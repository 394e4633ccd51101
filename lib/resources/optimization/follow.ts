import type { Accepted, StreamEvent } from '#lib/kernel/resource';
import type { Context } from '../define.ts';
import { every } from '../every.ts';
import { settled, watch } from '../watch.ts';

const ended = (state: string): boolean => state === 'completed' || state === 'failed' || state === 'cancelled';

/** An optimization as it happens: each trial once it is closed, progress of the running ones, then its end. */
export function follow(record: { id: string }, ctx: Context, after: string | null): AsyncIterable<StreamEvent> {
  const seen = new Set<string>();
  let state = '';
  async function* recorded(): AsyncGenerator<StreamEvent> {
    const now = await ctx.get<{ state: string }>('Optimization', record.id);
    // A pause is news like any other, also to whoever comes later; the end has an event of its own.
    const news = state === '' ? now.state === 'paused' : now.state !== state;
    if (news && !ended(now.state)) yield { event: now.state, data: { state: now.state } };
    state = now.state;
    const filter = { optimizationId: record.id };
    for await (const trial of every<Record<string, unknown>>(ctx, 'Trial', { filter })) {
      const id = String(trial.id);
      if (trial.state === 'running' || seen.has(id) || (after !== null && id <= after)) continue;
      seen.add(id);
      yield { id, event: 'trial', data: trial };
    }
  }
  return watch({ resource: 'Optimization', id: record.id, ended, recorded }, ctx);
}

export function accepted(id: string, ctx: Context): Accepted {
  return {
    accepted: { resource: 'Optimization', id },
    settled: (signal) => settled({ resource: 'Optimization', id, ended }, ctx, signal),
  };
}
