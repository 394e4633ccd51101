import { LRUCache } from 'lru-cache';
import { systemOf } from '#lib/work/home';
import type { Aws } from '../wire-aws.ts';

const known = new LRUCache<string, { program: string; version: number }>({ max: 500 });

/** Which version a run runs, for its trace. Never fails: a trace without it is better than none. */
export async function programOf(
  { kernel }: Aws,
  { workspaceId, executionId }: { workspaceId: string; executionId: string },
): Promise<{ program?: string; version?: number }> {
  const found = known.get(executionId);
  if (found !== undefined) return found;
  try {
    const acting = kernel.acting(systemOf({ workspaceId, principal: 'system' }));
    const { programId: program, version } = await acting.get<{ programId: string; version: number }>(
      'Execution',
      executionId,
    );
    known.set(executionId, { program, version });
    return { program, version };
  } catch {
    return {};
  }
}
