import { Conflict, Unavailable } from '#lib/base/errors';
import { sha256 } from '#lib/base/hash';
import type { StepRecord } from '#lib/engine/step';
import { type Item, type Operation, TransactionRefused } from '#lib/ports/store';
import { stepRows } from '#lib/resources/execution/steps';
import { leaseKey, writeUnderLease } from '#lib/resources/lease';
import { batches, rowItem, rowKey, rowNumber } from '#lib/resources/rows';
import type { Services } from '#lib/resources/services';
import { topicOf } from '#lib/resources/watch';

/** The journal of an execution whose steps run in processes of their own, several at the same time. */
export interface StepJournal {
  /** What earlier drives recorded, and what this one did; each in the order it was written. */
  read(): Promise<{ earlier: StepRecord[]; current: StepRecord[] }>;
  /**
   * Each attempt of each step is recorded once: of two calls that made the same attempt the first to write has made it.
   * Returns what was written. Throws Conflict `lease_lost` when another drive has taken over.
   */
  append(records: readonly StepRecord[]): Promise<StepRecord[]>;
}

/** Three operations a record at most, and some around them, in a transaction of 100. */
const RECORDS_AT_ONCE = 40;
const TRIES = 20;

/**
 * Rows of the same partition as those of a driver that runs alone, numbered by time instead of one after the other: two
 * steps that end at the same moment must not wait for each other. `drive` is the lease; `now` gives epoch milliseconds.
 */
export function stepJournal(
  services: Services,
  where: { workspaceId: string; executionId: string; drive: string },
  now: () => number,
): StepJournal {
  const { workspaceId, executionId, drive } = where;
  const rows = stepRows(workspaceId, executionId);
  const leased = { workspaceId, resource: 'Execution', id: executionId } as const;
  const claims = { workspaceId, resource: 'Execution', id: executionId, kind: 'attempt' } as const;
  const cutOf = async (): Promise<string> => {
    const item = await services.store.get(leaseKey(leased));
    if (item?.data.lease !== drive) throw new Conflict('lease_lost', `another drive has taken over ${executionId}`);
    return String(item.data.cut ?? '');
  };

  const write = async (records: readonly StepRecord[]): Promise<StepRecord[]> => {
    let left = [...records];
    // After what is there already, should the clock of this machine be behind.
    const cut = Number((await cutOf()) || 0);
    let number = Math.max(
      now() * 1000 + (Number.parseInt(sha256(left[0]?.path ?? '').slice(0, 6), 16) % 1000),
      cut + 1,
    );
    for (let n = 0; n < TRIES && left.length > 0; n++) {
      const claimed = left.filter(({ status }) => status !== 'cancelled');
      const operations: Operation[] = [
        { put: await rowItem(services, rows, rowNumber(number), left), condition: { kind: 'absent' } },
        ...claimed.map((record) => claimOf(record)),
      ];
      try {
        await writeUnderLease(services.store, leased, drive, operations);
        return left;
      } catch (error) {
        if (!(error instanceof TransactionRefused)) throw error;
        const refused = new Set(error.refused.map(({ operation }) => operation - 2));
        if (refused.has(-1)) number++;
        left = left.filter((record) => !refused.has(claimed.indexOf(record)) || record.status === 'cancelled');
      }
    }
    if (left.length === 0) return [];
    throw new Unavailable('journal_busy', `the journal of ${executionId} took no record in ${TRIES} tries`);
  };
  const claimOf = ({ path, attempt }: StepRecord): Operation => ({
    put: { ...rowKey(claims, `${drive}#${path}#${attempt}`), data: {} } satisfies Item,
    condition: { kind: 'absent' },
  });

  return {
    read: async () => {
      const cut = await cutOf();
      const earlier: StepRecord[] = [];
      const current: StepRecord[] = [];
      for await (const { sk, batch } of batches<StepRecord>(services, rows))
        (cut !== '' && sk <= cut ? earlier : current).push(...batch);
      return { earlier, current };
    },
    append: async (records) => {
      const written: StepRecord[] = [];
      for (let i = 0; i < records.length; i += RECORDS_AT_ONCE)
        written.push(...(await write(records.slice(i, i + RECORDS_AT_ONCE))));
      if (written.length > 0)
        services.live.publish(topicOf('Execution', executionId), { event: 'changed', data: null });
      return written;
    },
  };
}

/**
 * Draws the line between earlier drives and this one, once: rows up to it are taken over, rows after it were made by
 * this drive. Call it when the lease has just been taken.
 */
export async function drawLine(
  services: Services,
  { workspaceId, executionId, drive }: { workspaceId: string; executionId: string; drive: string },
): Promise<void> {
  const leased = { workspaceId, resource: 'Execution', id: executionId } as const;
  const key = leaseKey(leased);
  const { items } = await services.store.query({
    pk: rowKey(stepRows(workspaceId, executionId), '').pk,
    order: 'descending',
    limit: 1,
  });
  const cut = items[0]?.sk ?? '';
  try {
    await services.store.transact([
      {
        update: key,
        set: { cut },
        condition: {
          kind: 'all',
          of: [
            { kind: 'equals', attribute: 'lease', value: drive },
            { kind: 'missing', attribute: 'cut' },
          ],
        },
      },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionRefused)) throw error;
    if (error.refused[0]?.found?.data.lease !== drive)
      throw new Conflict('lease_lost', `another drive has taken over ${executionId}`, { cause: error });
  }
}
