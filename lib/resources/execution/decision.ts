import type { Key } from '#lib/ports/store';
import { rowKey } from '../rows.ts';

/** Where the decision on an approval node lies; `path` is the node's place in the run, such as `each/3/sign_off`. */
export function decisionKey(workspaceId: string, executionId: string, path: string): Key {
  return rowKey({ workspaceId, resource: 'Execution', id: executionId, kind: 'decision' }, path);
}
