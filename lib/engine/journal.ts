import type { StepRecord } from './step.ts';

/** Where the steps of one run are kept, so that another process can go on with it. Appends are durable when they resolve. */
export interface Journal {
  /** In the order they were appended. */
  read(): Promise<StepRecord[]>;
  append(records: readonly StepRecord[]): Promise<void>;
}

/** Keeps nothing: for evaluations, whose unit of repetition is the example. */
export const nullJournal: Journal = { read: async () => [], append: async () => {} };

export function memoryJournal(records: readonly StepRecord[] = []): Journal {
  const kept = [...records];
  return {
    read: async () => [...kept],
    append: async (more) => {
      kept.push(...more);
    },
  };
}
