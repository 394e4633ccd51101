import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

/** Where what was downloaded lives; git does not see it. */
export const EMULATORS_DIR = fileURLToPath(new URL('../../../.dspex/emulators/', import.meta.url));

/** The digest of a file in hex. */
export async function digestOf(file: string, algorithm: 'sha256' | 'sha512'): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
