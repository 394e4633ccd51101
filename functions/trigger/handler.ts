import type { DomainEvent } from '#lib/ports/events';
import { wakeApproval } from '#lib/work/step-approval';
import { fireSchedules, fireTriggers } from '#lib/work/trigger';
import { sendEvent } from '#lib/work/webhook-events';
import { type BusEvent, heard } from '../aws-house/heard.ts';
import { annotate, observed } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';
import { workspaceIds } from '../aws-house/workspaces.ts';

/** What happened sets off triggers, each once by its key, and goes to webhooks; a decision wakes the machine that waits; a minute, schedules. */
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
        fired.push(...(await fireTriggers(work, happened)));
        await sendEvent(work, happened);
      }
    annotate({ fired: fired.length });
    return { fired };
  },
);

async function wake({ type, workspaceId, subject, data }: DomainEvent): Promise<void> {
  if (type !== 'Execution.decide' || typeof data.path !== 'string') return;
  await wakeApproval(aws().work, { workspaceId, executionId: subject, path: data.path });
}
