import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Unavailable } from '#lib/base/errors';
import type { Secrets } from '#lib/ports/secrets';
import { HOUSE_SECRETS } from './variables.ts';

/** Whoever has a task's token can answer for the task, so the store holds it sealed (AES-256-GCM). */
export interface Seal {
  seal(plain: string): Promise<string>;
  /** Throws when it was not sealed with this key or has been changed. */
  open(sealed: string): Promise<string>;
}

const NONCE = 12;
const TAG = 16;

export function sealWith(secrets: Pick<Secrets, 'get'>): Seal {
  const key = async (): Promise<Buffer> => {
    const known = await secrets.get(`ssm:${HOUSE_SECRETS.tokenKey}`);
    if (known === null)
      throw new Unavailable('house_not_set_up', 'the house has no token key yet; `dspex deploy` sets it up');
    return Buffer.from(known, 'base64url');
  };
  return {
    seal: async (plain) => {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', await key(), nonce);
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
    },
    open: async (sealed) => {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', await key(), bytes.subarray(0, NONCE));
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
    },
  };
}
