import { checksum } from '#lib/base/hash';
import { checkToken, TOKEN_SECONDS } from '#lib/ports/limits';
import { type Operation, StoreLimitExceeded } from '#lib/ports/store';
import type { Database } from '../sqlite/database.ts';

/** A caller's name for a transaction, and what it named. */
export interface Token {
  name: string;
  digest: string;
}

const SELECT = 'SELECT digest FROM tokens WHERE token = ? AND expires_at > ?';
const UPSERT = `INSERT INTO tokens (token, digest, expires_at) VALUES (?, ?, ?)
  ON CONFLICT (token) DO UPDATE SET digest = excluded.digest, expires_at = excluded.expires_at`;

export function tokenOf(name: string, operations: readonly Operation[]): Token {
  checkToken(name);
  return { name, digest: checksum(operations) };
}

/** Remembers the token in the transaction it names; true when that was already carried out. */
export function alreadyDone(database: Database, { name, digest }: Token, now: number): boolean {
  const known = database.get(SELECT, name, now)?.digest;
  if (known === digest) return true;
  if (known !== undefined)
    throw new StoreLimitExceeded(`the token ${name} already names another transaction of the last 10 minutes`);
  database.run(UPSERT, name, digest, now + TOKEN_SECONDS * 1000);
  return false;
}
