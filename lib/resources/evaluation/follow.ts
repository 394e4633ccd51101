import type { Accepted, StreamEvent } from '#lib/kernel/resource';
import type { Context } from '../define.ts';
import { settled, watch } from '../watch.ts';

const ended = (state: string): boolean => state === 'completed' || state === 'failed' || state === 'cancelled';

async function* nothing(): AsyncGenerator<StreamEvent> {}

/** An evaluation as it happens: progress while it runs, then its end. */
export function follow(record: { id: string }, ctx: Context): AsyncIterable<StreamEvent> {
  return watch({ resource: 'Evaluation', id: record.id, ended, recorded: nothing }, ctx);
}

export function accepted(id: string, ctx: Context): Accepted {
  return {
    accepted: { resource: 'Evaluation', id },
    settled: (signal) => settled({ resource: 'Evaluation', id, ended }, ctx, signal),
  };
}
