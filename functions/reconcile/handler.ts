import { closeEnded, type MachineEnded } from '../aws-house/ended.ts';
import { logger, observed } from '../aws-house/observed.ts';
import { aws } from '../aws-house/once.ts';
import { repair } from '../aws-house/repair.ts';
import { workspaceIds } from '../aws-house/workspaces.ts';

/** Every five minutes, and when a machine ends badly: no record stays unfinished for ever. */
export const handler = observed('reconcile', async (event: MachineEnded | { schedule: true }): Promise<void> => {
  if ('detail' in event) return closeEnded(aws(), event);
  for (const workspaceId of await workspaceIds(aws().home.store))
    logger.info('reconciled', { ...(await repair(aws(), workspaceId)) });
});
