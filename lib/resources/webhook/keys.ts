import { randomBytes } from 'node:crypto';
import { rfc3339 } from '#lib/base/clock';
import { InvalidInput } from '#lib/base/errors';
import type { Context } from '../define.ts';
import type { Key } from './attributes.ts';
import { keyOf, newSecret } from './secret.ts';

type Ctx = Pick<Context, 'services' | 'now'>;

/** The key of a new secret, or of the one that is referred to; `secret` is there once, when it was made here. */
export async function keyFor(
  webhookId: string,
  secretRef: string | null,
  ctx: Ctx,
): Promise<{ key: Key; secret: string | null }> {
  const { house, lent } = ctx.services.secrets;
  if (secretRef !== null) {
    const found = await lent.get(secretRef);
    if (found === null) throw refused('secret_missing', 'there is no secret of that name that may be used');
    if (keyOf(found) === null)
      throw refused('secret_invalid', 'the secret is not "whsec_" and 24 to 64 bytes in base64');
    return { key: { ref: secretRef, own: false, until: null }, secret: null };
  }
  const secret = newSecret();
  const ref = await house.put(`house.webhook.${webhookId}.${randomBytes(6).toString('hex')}`, secret);
  return { key: { ref, own: true, until: null }, secret };
}

/** The new key before the old one, which goes on signing for a while; what is over already is left out. */
export function rotated(keys: readonly Key[], key: Key, overlapHours: number, ctx: Ctx): Key[] {
  const end = rfc3339(ctx.now + overlapHours * 3_600_000);
  const [last] = keys;
  // Two at most: receivers try each signature they are sent.
  return last === undefined || overlapHours === 0 ? [key] : [key, { ...last, until: end }];
}

function refused(code: string, detail: string): InvalidInput {
  return new InvalidInput(code, detail, { problems: [{ pointer: '/secretRef', detail }] });
}
