import type { ExampleResult } from '#lib/evaluate/report';
import { type Rows, readRows } from '../rows.ts';
import type { Services } from '../services.ts';

export function outcomeRows(workspaceId: string, evaluationId: string): Rows {
  return { workspaceId, resource: 'Evaluation', id: evaluationId, kind: 'outcome' };
}

/** One run of one example: its id, and which repetition of it. */
export const runKey = ({ exampleId, sample = 0 }: Pick<ExampleResult, 'exampleId' | 'sample'>): string =>
  `${sample} ${exampleId}`;

/**
 * Outcomes in the order they were recorded, each run once: a batch written by a worker that lost its message and again by
 * the next one is recognised by its examples.
 */
export async function readOutcomes<Outcome extends ExampleResult = ExampleResult>(
  services: Pick<Services, 'store' | 'blobs'>,
  workspaceId: string,
  evaluationId: string,
): Promise<Outcome[]> {
  const byRun = new Map<string, Outcome>();
  for (const outcome of await readRows<Outcome>(services, outcomeRows(workspaceId, evaluationId))) {
    const key = runKey(outcome);
    if (!byRun.has(key)) byRun.set(key, outcome);
  }
  return [...byRun.values()];
}
