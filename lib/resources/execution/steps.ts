import type { StepRecord } from '#lib/engine/step';
import { type Rows, readRows } from '../rows.ts';
import type { Services } from '../services.ts';

/** Where an execution's steps lie. */
export function stepRows(workspaceId: string, executionId: string): Rows {
  return { workspaceId, resource: 'Execution', id: executionId, kind: 'step' };
}

/** All recorded steps in the order they were journaled. */
export function readSteps(
  services: Pick<Services, 'store' | 'blobs'>,
  workspaceId: string,
  executionId: string,
): Promise<StepRecord[]> {
  return readRows<StepRecord>(services, stepRows(workspaceId, executionId));
}
