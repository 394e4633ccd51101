import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict } from '#lib/base/errors';
import { checksum } from '#lib/base/hash';
import { actionOf, type House, type Scope } from './house.ts';
import { type Claim, claim } from './idempotency.ts';
import type { DispatchRequest, DispatchResult } from './request.ts';
import { type Staged, stage } from './stage.ts';
import { Again, Transaction } from './transaction.ts';
import { type Hashed, hashed } from './upload.ts';

/** How often an action is run anew because a faster writer came between its read and its write. */
const ATTEMPTS = 8;
/** A Lambda lives 15 minutes at most; an action that only changes its record takes moments. */
const LEASE_MS = { call: 15 * 60_000, change: 60_000 };

/** All of the requests in one transaction, under the first one's `Idempotency-Key`. */
export async function carryOut(house: House, requests: readonly DispatchRequest[]): Promise<DispatchResult[]> {
  const file = uploadOf(requests);
  const taken = file === null ? requests : requests.map((request) => withUpload(request, file));
  try {
    const held = await claimFor(house, requests, file);
    if (held !== null && 'replay' in held) return held.replay;
    return await carryOutClaimed(house, taken, held);
  } catch (error) {
    await file?.cancel().catch(() => {});
    throw error;
  }
}

/** The file of a request that may be asked for again: what tells it from another one is its hash. */
function uploadOf(requests: readonly DispatchRequest[]): Hashed | null {
  const [first] = requests;
  return first?.idempotencyKey === undefined || first.upload === undefined ? null : hashed(first.upload.bytes);
}

function withUpload(request: DispatchRequest, { bytes }: Hashed): DispatchRequest {
  return request.upload === undefined ? request : { ...request, upload: { ...request.upload, bytes } };
}

async function carryOutClaimed(
  house: House,
  requests: readonly DispatchRequest[],
  held: Claim | null,
): Promise<DispatchResult[]> {
  try {
    return await attempts(house, requests, held);
  } catch (error) {
    // What went wrong is what the caller should hear; a key that could not be freed is free after its lease.
    await held?.release().catch(() => {});
    throw error;
  }
}

async function attempts(
  house: House,
  requests: readonly DispatchRequest[],
  held: Claim | null,
): Promise<DispatchResult[]> {
  for (let attempt = 1; ; attempt++) {
    const tx = new Transaction();
    const staged: Staged[] = [];
    try {
      const scopeOf = scopes(house, requests[0]?.idempotencyKey);
      for (const request of requests) staged.push(await stage(house, scopeOf(request), tx, request));
      await held?.finish(
        tx,
        staged.map(({ kept }) => kept),
      );
      await tx.commit(house.store);
      house.committed(tx.operations());
      return staged.map(({ result }) => result);
    } catch (error) {
      if (!(error instanceof Again)) throw error;
      // An uploaded stream is gone once it was read.
      if (attempt === ATTEMPTS || requests.some(({ upload }) => upload !== undefined))
        throw new Conflict('conflict', 'others kept changing what this wants to change; try again', {
          retryAfterSeconds: 1,
        });
      // Jitter, so that losers of one race do not meet again in the next.
      await sleep(Math.random() * 2 ** attempt);
    }
  }
}

/**
 * One clock reading and one trace for everything a request does. With an idempotency key, what its code dispatches gets
 * keys derived from it: when a call is run again after a crash, the effects it had already are replayed, not repeated.
 */
function scopes(house: House, key: string | undefined): (request: DispatchRequest) => Scope {
  const now = house.clock.now();
  let nested = 0;
  return ({ principal, traceId, signal }) => ({
    principal,
    now,
    traceId: traceId ?? randomBytes(16).toString('hex'),
    signal: signal ?? new AbortController().signal,
    ...(key === undefined ? {} : { nestedKey: () => `${checksum(key).slice(0, 40)}/${nested++}` }),
  });
}

async function claimFor(house: House, requests: readonly DispatchRequest[], file: Hashed | null) {
  const [first] = requests;
  if (first?.idempotencyKey === undefined) return null;
  const actions = await Promise.all(
    requests.map(async ({ resource, action }) => actionOf(await house.resource(resource), action)),
  );
  if (!actions.some((action) => action.effect)) return null;
  return claim(house, {
    principal: first.principal,
    key: first.idempotencyKey,
    route: requests.map(({ resource, action, id }) => `${resource}.${action}#${id ?? ''}`).join('+'),
    // A derived key's body may differ when the code runs again; the outer key's body was compared.
    bodyHash:
      first.derivedKey === true ? '' : checksum(requests.map(({ input, ifMatch }) => [input ?? null, ifMatch ?? null])),
    ...(file === null ? {} : { uploadHash: () => file.sha256() }),
    leaseMs: actions.some((action) => action.kind === 'call') ? LEASE_MS.call : LEASE_MS.change,
  });
}
