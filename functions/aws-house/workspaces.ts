import { workspaceNameKey } from '#lib/kernel/keys';
import type { Store } from '#lib/ports/store';

/** A house has the one workspace that `setup` made. */
export const WORKSPACE = 'default';

/** Of those whose schedules and repairs this house looks after. */
export async function workspaceIds(store: Store): Promise<string[]> {
  const item = await store.get(workspaceNameKey(WORKSPACE));
  return item === null ? [] : [String(item.data.id)];
}
