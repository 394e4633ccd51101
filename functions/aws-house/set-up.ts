import { randomBytes } from 'node:crypto';
import { nameDefaultModel } from '#lib/resources/language-model/default';
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
  const named = { kernel, store: home.store };
  const { workspaceId, token } = await createFirstKey(named, WORKSPACE);
  if (defaultModel !== undefined && defaultModel !== '') await nameDefaultModel(named, workspaceId, defaultModel);
  return { workspaceId, key: token };
}
