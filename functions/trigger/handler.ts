import type { DomainEvent } from '#lib/ports/events';
import { heard as listened } from '#lib/work/heard';
import { wakeApproval } from '#lib/work/step-approval';
import { fireSchedules } from '#lib/work/trigger';
import { type BusEvent, heard } from '../aws-house/heard.ts';
import { annotate, observed } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';
import { workspaceIds } from '../aws-house/workspaces.ts';

/**
 * What happened sets off triggers, opens automatic gates and goes to webhooks, each once by its key; a decision wakes the
 * machine that waits; a minute, schedules.
 */
export const handler = observed(
  'trigger',
  async (event: BusEvent | { schedule: true }): Promise<{ fired: string[] }> => {
    const { work, home } = aws();
    const all = await workspaceIds(home.store);
    const fired: string[] = [];
    if ('schedule' in event) for (const one of all) fired.push(...(await fireSchedules(work, one)));
    else
      for (const happened of heard(event, all)) {
        await wake(happened);
        fired.push(...(await listened(work, happened)));
      }
    annotate({ fired: fired.length });
    return { fired };
  },
);

async function wake({ type, workspaceId, subject, data }: DomainEvent): Promise<void> {
  if (type !== 'Execution.decide' || typeof data.path !== 'string') return;
  await wakeApproval(aws().work, { workspaceId, executionId: subject, path: data.path });
}
