import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '#lib/base/errors';
import { sha256 } from '#lib/base/hash';
import { BlobCorrupt, BlobMissing, type BlobRef, type Blobs } from '#lib/ports/blobs';
import { asUnavailable, TEMPORARY, writeAtomically } from './folder/atomic-write.ts';

/** The Blobs port as files: `<workspace>/<first two hex digits>/<sha256>`, so that no folder grows without end. */
export class LocalBlobs implements Blobs {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async put(workspaceId: string, bytes: Uint8Array): Promise<BlobRef> {
    const ref = { sha256: sha256(bytes), bytes: bytes.byteLength };
    const path = this.#path(workspaceId, ref);
    const there = await read(path);
    // A damaged file is written anew.
    if (there === null || sha256(there) !== ref.sha256) await writeAtomically(path, bytes);
    return ref;
  }

  async get(workspaceId: string, ref: BlobRef): Promise<Uint8Array> {
    // Not a hash: then it is no file name of ours either.
    const bytes = /^[0-9a-f]{64}$/.test(ref.sha256) ? await read(this.#path(workspaceId, ref)) : null;
    if (bytes === null) throw new BlobMissing(`there is no blob ${String(ref.sha256)} in workspace ${workspaceId}`);
    const found = sha256(bytes);
    if (found !== ref.sha256 || bytes.byteLength !== ref.bytes)
      throw new BlobCorrupt(
        `blob ${ref.sha256} should have ${ref.bytes} bytes, found ${bytes.byteLength} with the checksum ${found}`,
      );
    return bytes;
  }

  #path(workspaceId: string, ref: BlobRef): string {
    // Lower case only: two names that differ in case are one folder on some disks.
    if (!/^[a-z0-9][a-z0-9_-]{0,127}$/.test(workspaceId))
      throw new InvalidInput(
        'workspace_invalid',
        `a workspace id is lower-case letters, digits, - and _; got ${JSON.stringify(workspaceId)}`,
      );
    return join(this.#dir, workspaceId, ref.sha256.slice(0, 2), ref.sha256);
  }
}

/** Removes what a crash left half written; nobody else writes at this moment. */
export async function removeHalfWritten(dir: string): Promise<void> {
  const entries = await readdir(dir, { recursive: true }).catch(() => []);
  const halves = entries.filter((entry) => entry.slice(entry.lastIndexOf('/') + 1).startsWith(TEMPORARY));
  await Promise.all(halves.map((entry) => rm(join(dir, entry), { force: true })));
}

async function read(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw asUnavailable(error, path);
  }
}
