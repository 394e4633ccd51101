import { randomBytes } from 'node:crypto';
import { DspexError } from '#lib/base/errors';
import { systemPrincipal } from '#lib/kernel/kernel';
import { createFirstKey } from '#lib/resources/workspace/first-key';
import type { Aws } from '../wire-aws.ts';
import { HOUSE_SECRETS } from './variables.ts';
import { WORKSPACE } from './workspaces.ts';

export interface SetUp {
  workspaceId: string;
  /** The first admin key, when this call made it: shown once, and kept nowhere in the clear but in the caller's hands. */
  key: string | null;
}

/** Everything a new house needs before its first request. Done again it changes nothing. */
export async function setUp(
  { kernel, home }: Pick<Aws, 'kernel' | 'home'>,
  defaultModel: string | undefined,
): Promise<SetUp> {
  for (const name of [HOUSE_SECRETS.cursorKey, HOUSE_SECRETS.tokenKey])
    if ((await home.secrets.get(`ssm:${name}`)) === null)
      await home.secrets.put(name, randomBytes(32).toString('base64url'));
  const { workspaceId, token } = await createFirstKey({ kernel, store: home.store }, WORKSPACE);
  if (defaultModel !== undefined && defaultModel !== '') await nameDefault(kernel, workspaceId, defaultModel);
  return { workspaceId, key: token };
}

async function nameDefault(kernel: Aws['kernel'], workspaceId: string, model: string): Promise<void> {
  const principal = systemPrincipal(workspaceId);
  try {
    await kernel.dispatch({
      principal,
      resource: 'LanguageModel',
      action: 'create',
      input: { name: 'default', model },
    });
  } catch (error) {
    // There is one already: whoever has a better one changes that record.
    if (!(DspexError.is(error) && error.status === 409)) throw error;
  }
}
