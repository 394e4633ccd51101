import type { ExampleResult } from '#lib/evaluate/report';
import { type Rows, readRows } from '../rows.ts';
import type { Services } from '../services.ts';

export function outcomeRows(workspaceId: string, evaluationId: string): Rows {
  return { workspaceId, resource: 'Evaluation', id: evaluationId, kind: 'outcome' };
}

/**
 * Outcomes in the order they were recorded, each example once: a batch written by a worker that lost its message and
 * again by the next one is recognised by its examples.
 */
export async function readOutcomes(
  services: Pick<Services, 'store' | 'blobs'>,
  workspaceId: string,
  evaluationId: string,
): Promise<ExampleResult[]> {
  const byExample = new Map<string, ExampleResult>();
  for (const result of await readRows<ExampleResult>(services, outcomeRows(workspaceId, evaluationId))) {
    if (!byExample.has(result.exampleId)) byExample.set(result.exampleId, result);
  }
  return [...byExample.values()];
}
