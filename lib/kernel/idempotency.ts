import { randomUUID } from 'node:crypto';
import { Conflict, InvalidInput, Unprocessable } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import { type Condition, type Item, type Key, TransactionRefused } from '#lib/ports/store';
import { loadBody, storeBody } from './body.ts';
import type { House } from './house.ts';
import { idempotencyKey } from './keys.ts';
import type { DispatchResult } from './request.ts';
import type { Principal } from './resource.ts';
import type { Transaction } from './transaction.ts';

const DAY_MS = 24 * 3600 * 1000;

/** One use of a key: claimed before the action runs, finished in the very transaction that has the effect. */
export interface Claim {
  finish(tx: Transaction, results: readonly DispatchResult[]): Promise<void>;
  /** The action failed and had no effect: the key is as good as new. */
  release(): Promise<void>;
}

export interface ClaimRequest {
  principal: Principal;
  key: string;
  /** Action and record, so that one key on two routes is two keys. */
  route: string;
  bodyHash: string;
  /** Of the file that came with it, if one did: asked only when there is something to compare it with. */
  uploadHash?: () => Promise<string>;
  /** How long the work may take before a second request with the key may take it over. */
  leaseMs: number;
}

/** The claim, or the results of the request that had the key before. Throws on another body and while it is in flight. */
export async function claim(house: House, request: ClaimRequest): Promise<Claim | { replay: DispatchResult[] }> {
  if (!/^[\x20-\x7e]{1,255}$/.test(request.key))
    throw new InvalidInput('invalid_idempotency_key', 'an Idempotency-Key has 1 to 255 printable ASCII characters');
  const key = idempotencyKey(request.principal.workspaceId, request.principal.id, request.route, request.key);
  const owner = randomUUID();
  for (let attempt = 0; attempt < 3; attempt++) {
    const now = house.clock.now();
    const found = await take(house, key, owner, now, request);
    if (found === 'taken') return claimOf(house, key, owner, request);
    if (found === null) continue;
    if (found.data.bodyHash !== request.bodyHash) throw reused();
    if (found.data.status !== 'done') break;
    if ((found.data.uploadHash ?? null) !== ((await request.uploadHash?.()) ?? null)) throw reused();
    return { replay: await replayed(house, request.principal.workspaceId, found) };
  }
  throw inFlight();
}

/** Puts the marker where there is none, none that still counts, or one whose holder has died. */
async function take(
  house: House,
  key: Key,
  owner: string,
  now: number,
  request: ClaimRequest,
): Promise<'taken' | Item | null> {
  const free: Condition = {
    kind: 'any',
    of: [
      { kind: 'absent' },
      // Checked here and not left to the store's expiry, which may come days late.
      { kind: 'atMost', attribute: 'until', value: now },
      {
        kind: 'all',
        of: [
          { kind: 'equals', attribute: 'status', value: 'running' },
          { kind: 'atMost', attribute: 'leaseUntil', value: now },
          { kind: 'equals', attribute: 'bodyHash', value: request.bodyHash },
        ],
      },
    ],
  };
  const data = {
    status: 'running',
    owner,
    bodyHash: request.bodyHash,
    until: now + DAY_MS,
    leaseUntil: now + request.leaseMs,
  };
  try {
    await house.store.transact([{ put: { ...key, data, expiresAt: expiry(now) }, condition: free }]);
    return 'taken';
  } catch (error) {
    if (!(error instanceof TransactionRefused)) throw error;
    return error.refused[0]?.found ?? null;
  }
}

function claimOf(house: House, key: Key, owner: string, request: ClaimRequest): Claim {
  const mine: Condition = { kind: 'equals', attribute: 'owner', value: owner };
  return {
    async finish(tx, results) {
      const now = house.clock.now();
      const kept = { results: results as unknown as JsonObject[] };
      const data = {
        status: 'done',
        bodyHash: request.bodyHash,
        ...(request.uploadHash === undefined ? {} : { uploadHash: await request.uploadHash() }),
        until: now + DAY_MS,
        ...(await storeBody(request.principal.workspaceId, kept, house.blobs)),
      };
      tx.add({ put: { ...key, data, expiresAt: expiry(now) }, condition: mine }, () => inFlight());
    },
    async release() {
      await house.store.transact([{ delete: key, condition: mine }]).catch((error: unknown) => {
        // Somebody else has taken it over, or the effect is there after all: theirs to keep.
        if (!(error instanceof TransactionRefused)) throw error;
      });
    },
  };
}

async function replayed(house: House, workspaceId: string, found: Item): Promise<DispatchResult[]> {
  const { results } = await loadBody(workspaceId, found.data, house.blobs);
  return (results as unknown as DispatchResult[]).map((result) => ({ ...result, replayed: true }));
}

function reused(): Unprocessable {
  return new Unprocessable('idempotency_key_reused', 'this Idempotency-Key was used with another request body');
}

function inFlight(): Conflict {
  return new Conflict('idempotency_in_flight', 'a request with this Idempotency-Key is still being carried out', {
    retryAfterSeconds: 1,
  });
}

/** Seconds; a day later than we stop honouring it, so that the store never forgets a key that still counts. */
function expiry(now: number): number {
  return Math.ceil((now + 2 * DAY_MS) / 1000);
}
