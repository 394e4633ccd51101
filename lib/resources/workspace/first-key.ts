import { Conflict, InvalidInput } from '#lib/base/errors';
import { newId } from '#lib/base/id';
import { newToken, tokenId } from '#lib/kernel/authenticate';
import { type Kernel, systemPrincipal } from '#lib/kernel/kernel';
import { apiKeyKey, workspaceNameKey } from '#lib/kernel/keys';
import type { Store } from '#lib/ports/store';

export interface FirstKeyOptions {
  /** This very key is made when it is not there yet; must look like one of ours (`dsk_...`). */
  token?: string;
  /** Called with the key before it becomes valid, so that a crash in between loses nothing: the next start makes another. */
  keep?: (token: string) => Promise<void> | void;
}

/**
 * The workspace of that name and an admin key for it, made once however often and from wherever it is called.
 * `token` is `null` when there was nothing to make: the key was shown when it was made and cannot be shown again.
 *
 *     const { workspaceId, token } = await createFirstKey({ kernel, store }, 'default', { keep: writeKeyFile });
 */
export async function createFirstKey(
  home: { kernel: Kernel; store: Store },
  workspace: string,
  { token, keep }: FirstKeyOptions = {},
): Promise<{ workspaceId: string; token: string | null }> {
  const there = await workspaceNamed(home.store, workspace);
  const given = token === undefined ? null : tokenId(token);
  if (token !== undefined && given === null)
    throw new InvalidInput(
      'invalid_api_key',
      'wanted a key like dsk_<26 lower-case letters and digits>_<32 to 128 letters, digits, "-" or "_">',
    );
  if (there !== null && (given === null || (await home.store.get(apiKeyKey(given))) !== null))
    return { workspaceId: there, token: null };

  const workspaceId = there ?? newId('wsp');
  const keyId = given ?? newId('key');
  const key = token ?? newToken(keyId);
  await keep?.(key);
  const principal = systemPrincipal(workspaceId);
  const name = `admin-${keyId.slice(-6)}`;
  try {
    await home.kernel.together([
      ...(there === null
        ? [{ principal, resource: 'Workspace', action: 'create', id: workspaceId, input: { name: workspace } }]
        : []),
      { principal, resource: 'ApiKey', action: 'adopt', id: keyId, input: { name, roles: ['admin'], token: key } },
    ]);
  } catch (error) {
    // Another process was faster; it has the key.
    const now = await workspaceNamed(home.store, workspace);
    if (!(error instanceof Conflict) || now === null || there !== null) throw error;
    return { workspaceId: now, token: null };
  }
  return { workspaceId, token: key };
}

async function workspaceNamed(store: Store, name: string): Promise<string | null> {
  const item = await store.get(workspaceNameKey(name));
  return item === null ? null : String(item.data.id);
}
