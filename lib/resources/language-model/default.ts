import { DspexError } from '#lib/base/errors';
import { type Kernel, systemPrincipal } from '#lib/kernel/kernel';
import { uniqueKey } from '#lib/kernel/keys';
import type { Store } from '#lib/ports/store';

/**
 * Programs that name no model use the one called `default`. A new house makes that record, once; whoever has a better model
 * changes it, and this changes it back never.
 *
 *     await nameDefaultModel({ kernel, store }, workspaceId, 'embedded/SmolLM2-135M-Instruct');
 */
export async function nameDefaultModel(
  { kernel, store }: { kernel: Kernel; store: Store },
  workspaceId: string,
  model: string,
): Promise<void> {
  // Looked up by hand: a dispatch loads the policies, which nobody may need for a long time.
  if ((await store.get(uniqueKey(workspaceId, 'LanguageModel', 'name', 'default'))) !== null) return;
  const principal = systemPrincipal(workspaceId);
  const input = { name: 'default', model };
  try {
    await kernel.dispatch({ principal, resource: 'LanguageModel', action: 'create', input });
  } catch (error) {
    // Another start was faster.
    if (!(DspexError.is(error) && error.status === 409)) throw error;
  }
}
