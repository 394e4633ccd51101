import type { Journal } from '#lib/engine/journal';
import type { StepRecord } from '#lib/engine/step';
import { stepRows } from '#lib/resources/execution/steps';
import { writeUnderLease } from '#lib/resources/lease';
import { batches, rowItem, rowNumber } from '#lib/resources/rows';
import type { Services } from '#lib/resources/services';
import { topicOf } from '#lib/resources/watch';

/**
 * The steps of one execution in the Store, a row a batch, written only by whoever holds its lease; watchers hear of every
 * batch once it is durable.
 */
export function storeJournal(services: Services, workspaceId: string, executionId: string, lease: string): Journal {
  const rows = stepRows(workspaceId, executionId);
  let next: number | undefined;
  const read = async (): Promise<StepRecord[]> => {
    const records: StepRecord[] = [];
    next = 0;
    for await (const { sk, batch } of batches<StepRecord>(services, rows)) {
      records.push(...batch);
      next = Number(sk) + 1;
    }
    return records;
  };
  return {
    read,
    append: async (records) => {
      if (next === undefined) await read();
      const number = next ?? 0;
      next = number + 1;
      const row = await rowItem(services, rows, rowNumber(number), records);
      await writeUnderLease(services.store, { workspaceId, resource: 'Execution', id: executionId }, lease, [
        { put: row, condition: { kind: 'absent' } },
      ]);
      services.live.publish(topicOf('Execution', executionId), { event: 'changed', data: null });
    },
  };
}
