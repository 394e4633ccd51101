import type { JsonObject } from '#lib/base/json';
import type { Acting } from '#lib/kernel/kernel';
import { addGeneration, addWork } from '#lib/optimizer/drive';
import type { History, Work } from '#lib/optimizer/spec';
import { every } from '#lib/resources/every';
import { isTooLate } from './too-late.ts';

export type GenerationWork = Extract<Work, { kind: 'generation' }>;

export interface GenerationRecord {
  id: string;
  state: 'running' | 'completed' | 'failed';
  number: number;
  work: GenerationWork;
  text: string | null;
  cached: boolean;
  tokens: number;
  costNanoUsd: number | null;
  spentNanoUsd: number | null;
  /** A budget did not pay for it. */
  refused?: boolean;
  failure: string | null;
  /** Of a job: how many turns it has had. */
  turns: number;
}

/** The history with every question that was put to the teacher, and the answers that are in. */
export function withGenerations(history: History, records: readonly GenerationRecord[]): History {
  let now = history;
  for (const { work, state, text, failure } of records) {
    now = addWork(now, work);
    if (state === 'completed' && text !== null) now = addGeneration(now, work.id, { text });
    if (state === 'failed')
      now = addGeneration(now, work.id, {
        failure: { name: 'Output.Invalid', message: failure ?? 'failed', retryable: false },
      });
  }
  return now;
}

/** In the order they were asked. */
export async function generationsOf(acting: Acting, optimizationId: string): Promise<GenerationRecord[]> {
  const found = await Array.fromAsync(every<GenerationRecord>(acting, 'Generation', { filter: { optimizationId } }));
  return found.sort((a, b) => a.number - b.number);
}

/** Its end, counted once. */
export async function close(acting: Acting, id: string, input: JsonObject): Promise<void> {
  try {
    await acting.dispatch({ resource: 'Generation', action: 'answer', id, input, as: 'system' });
  } catch (error) {
    // Another worker has answered it.
    if (!isTooLate(error)) throw error;
  }
}
