import { createHmac, timingSafeEqual } from 'node:crypto';
import { StepFailure } from '#lib/base/failure';
import { canonicalJson, type JsonObject } from '#lib/base/json';
import type { LanguageModelSettings } from '#lib/lm/spec';
import type { Secrets } from '#lib/ports/secrets';
import { HOUSE_SECRETS } from './variables.ts';

/**
 * For whom Python may ask, and which models: settings by the names Python knows, with references to secrets, never
 * secrets. Signed, since code of users runs in the function that hands it on.
 */
export interface Mandate {
  workspaceId: string;
  models: Record<string, LanguageModelSettings>;
  /** Epoch milliseconds. */
  until: number;
}

/** As long as a function runs, and some. */
const VALID_MS = 20 * 60_000;

export async function signed(
  secrets: Pick<Secrets, 'get'>,
  mandate: Omit<Mandate, 'until'>,
  now: number,
): Promise<JsonObject> {
  const whole = { ...mandate, until: now + VALID_MS };
  return { mandate: whole, signature: await signatureOf(secrets, whole) } as unknown as JsonObject;
}

/** The mandate of a call. Throws `Model.Refused` unless the house has signed it, and not too long ago. */
export async function verified(
  secrets: Pick<Secrets, 'get'>,
  { mandate, signature = '' }: { mandate?: Mandate; signature?: string },
  now: number,
): Promise<Mandate> {
  if (mandate !== undefined && same(signature, await signatureOf(secrets, mandate)) && mandate.until >= now)
    return mandate;
  throw new StepFailure('Model.Refused', 'this call carries no mandate of the house, or one that has run out');
}

async function signatureOf(secrets: Pick<Secrets, 'get'>, mandate: Mandate): Promise<string> {
  const key = await secrets.get(`ssm:${HOUSE_SECRETS.tokenKey}`);
  if (key === null) throw new StepFailure('Model.Unavailable', 'the house is not set up yet');
  return createHmac('sha256', key)
    .update(canonicalJson(mandate as unknown as JsonObject))
    .digest('base64url');
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
