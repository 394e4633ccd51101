import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beside what was built: what it is. */
export const MADE = 'made.json';

export interface Made {
  as: 'layer' | 'image';
  bytes: number;
  /** SHA-256 of the lock whose packages were added. */
  lock?: string;
}

/** What a folder was built as; a folder that does not say is a plain layer. */
export function madeIn(folder: string): Made {
  const file = join(folder, MADE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Made) : { as: 'layer', bytes: 0 };
}

/** By which a program's packages and those that were deployed are compared. Throws Error when there is no such file. */
export function lockKey(file: string): string {
  if (!existsSync(file)) throw new Error(`there is no lock ${file}`);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
