import { TransactionRefused } from '#lib/ports/store';
import { rowKey } from '#lib/resources/rows';
import type { Home } from './home.ts';

/** Beyond an attempt's own time limit: what recording it may take. */
const MARGIN_MS = 5000;

/**
 * Makes an attempt ours, so that a message delivered twice is not sent twice at the same time. Gives null when it is
 * ours, else until when (milliseconds since the epoch) somebody else has it at most.
 */
export async function claim(
  { services, clock }: Home,
  { workspaceId, deliveryId, attempt }: { workspaceId: string; deliveryId: string; attempt: string },
  timeoutSeconds: number,
): Promise<number | null> {
  const now = clock.now();
  const key = rowKey({ workspaceId, resource: 'Delivery', id: deliveryId, kind: 'claim' }, attempt);
  try {
    await services.store.transact([
      {
        put: { ...key, data: { until: now + timeoutSeconds * 1000 + MARGIN_MS } },
        condition: { kind: 'any', of: [{ kind: 'absent' }, { kind: 'atMost', attribute: 'until', value: now }] },
      },
    ]);
    return null;
  } catch (error) {
    if (!(error instanceof TransactionRefused)) throw error;
    return Number(error.refused[0]?.found?.data.until ?? now);
  }
}
