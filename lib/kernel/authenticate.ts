import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '#lib/base/clock';
import { Unauthenticated } from '#lib/base/errors';
import type { Item, Operation, Store } from '#lib/ports/store';
import { apiKeyKey } from './keys.ts';
import type { Principal, Role } from './resource.ts';
import { keyOf } from './transaction.ts';

/** `dsk_<26 characters: the key's own id>_<the secret>`. */
const TOKEN = /^dsk_([0-9a-hjkmnp-tv-z]{26})_([A-Za-z0-9_-]{32,128})$/;

/**
 * How long a key that was good a moment ago is taken as good without asking the store. A revocation in this process
 * counts at once (`committed`); in other processes after this time at the latest.
 */
const FRESH_MS = 2000;

/** What is kept of a key, apart from its record: nothing from which it could be made again. */
export interface StoredKey {
  workspaceId: string;
  /** SHA-256 of the secret part, which has 256 random bits, so a slow hash would add nothing. */
  sha256: string;
  roles: readonly Role[];
  expiresAt: string | null;
}

export function newToken(id: string): string {
  return `dsk_${id.slice(id.indexOf('_') + 1)}_${randomBytes(32).toString('base64url')}`;
}

/** The key's id inside a token; `null` when it has not the form of one. */
export function tokenId(token: string): string | null {
  const [, id] = TOKEN.exec(token) ?? [];
  return id === undefined ? null : `key_${id}`;
}

/** The item by which a token is found; put it in the transaction that makes the key's record, delete it to revoke. */
export function apiKeyItem(token: string, key: Omit<StoredKey, 'sha256'>): Item {
  const sha256 = createHash('sha256').update(secretOf(token)).digest('hex');
  return { ...apiKeyKey(tokenId(token) ?? ''), data: { ...key, roles: [...key.roles], sha256 } };
}

export interface Authenticator {
  /** From the value of `Authorization`. Every reason to refuse a key looks the same from outside. */
  authenticate(authorization: string | null | undefined): Promise<Principal>;
  committed(operations: readonly Operation[]): void;
}

export function createAuthenticator(store: Store, clock: Clock): Authenticator {
  // By the hash of the whole token: the cache holds no credential either.
  const good = new LRUCache<string, { principal: Principal; until: number }>({ max: 10_000 });
  const changes = new LRUCache<string, number>({ max: 10_000 });
  return {
    async authenticate(authorization) {
      const token = bearer(authorization);
      const hash = createHash('sha256').update(token).digest('base64');
      const known = good.get(hash);
      if (known !== undefined && clock.now() < known.until) return known.principal;
      const id = tokenId(token);
      const before = id === null ? 0 : changes.get(id);
      const item = id === null ? null : await store.get(apiKeyKey(id));
      const stored = item === null ? NOBODY : (item.data as unknown as StoredKey);
      const same = timingSafeEqual(
        createHash('sha256')
          .update(id === null ? '' : secretOf(token))
          .digest(),
        Buffer.from(stored.sha256, 'hex'),
      );
      const expires = stored.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(stored.expiresAt);
      if (id === null || !same || clock.now() >= expires) throw refused();
      const principal: Principal = { id, workspaceId: stored.workspaceId, roles: stored.roles };
      // A revocation while the store was being read must not be followed by a remembered yes.
      if (changes.get(id) === before) good.set(hash, { principal, until: Math.min(clock.now() + FRESH_MS, expires) });
      return principal;
    },
    committed(operations) {
      for (const operation of operations) {
        const { pk } = keyOf(operation);
        if (!pk.startsWith('KEY#')) continue;
        const id = pk.slice('KEY#'.length);
        changes.set(id, (changes.get(id) ?? 0) + 1);
        for (const [hash, { principal }] of good.entries()) if (principal.id === id) good.delete(hash);
      }
    },
  };
}

/** Compared with when there is no such key, so that both refusals take the same steps. */
const NOBODY: StoredKey = { workspaceId: '', sha256: '0'.repeat(64), roles: [], expiresAt: null };

function bearer(authorization: string | null | undefined): string {
  if (!authorization)
    throw new Unauthenticated('credentials_missing', 'wanted an Authorization header with "Bearer" and an API key');
  const [scheme, token, ...more] = authorization.split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token || more.length > 0)
    throw new Unauthenticated(
      'credentials_invalid',
      'wanted "Bearer", one space and an API key in the Authorization header',
    );
  return token;
}

function secretOf(token: string): string {
  return TOKEN.exec(token)?.[2] ?? '';
}

function refused(): Unauthenticated {
  return new Unauthenticated('credentials_invalid', 'this API key is unknown, revoked or expired');
}
