import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Unavailable } from '#lib/base/errors';

/**
 * Writes a file so that it is there whole or not at all, also after a crash: a temporary file beside the target, fsync,
 * rename, fsync of the folder. Readable by the owner alone. Throws Unavailable when the disk is full or unwritable.
 */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `${TEMPORARY}${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true });
    throw asUnavailable(error, path);
  }
}

/** How a file that a crash left half written is called. */
export const TEMPORARY = '.writing-';

/** A failed file operation as what a caller may see: the file's name and the reason, no content. */
export function asUnavailable(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const full = error.code === 'ENOSPC' || error.code === 'EDQUOT' || error.code === 'EFBIG';
  return full
    ? new Unavailable('store_full', `there is no room left to write ${path}`, { cause: error, retryAfterSeconds: 30 })
    : new Unavailable('folder_unusable', `${path} cannot be used: ${String(error.code)}`, { cause: error });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
