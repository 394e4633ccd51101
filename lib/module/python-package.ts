import { Buffer } from 'node:buffer';
import { StepFailure } from '#lib/base/failure';
import { isJsonObject } from '#lib/base/json';
import { BlobMissing, type BlobRef, type Blobs } from '#lib/ports/blobs';
import type { PythonAsk, PythonPackages } from '#lib/ports/python';

interface Files {
  package: BlobRef;
  lock?: BlobRef;
}

/** What a worker asks when it has not unpacked this package yet; it is asked for no other. */
export function packageAsk(files: Files, workspaceId: string, blobs: Pick<Blobs, 'get'> | undefined): PythonAsk {
  return async (request) => {
    const wanted = files.package;
    if (!isJsonObject(request) || request.sha256 !== wanted.sha256)
      throw new StepFailure('Input.Invalid', `this call is about the package ${wanted.sha256} and no other`);
    return { archive: Buffer.from(await fetched(wanted, workspaceId, blobs)).toString('base64') };
  };
}

/** The environment its lock asks for; undefined where it has none. */
export function packagesOf(
  { lock }: Files,
  workspaceId: string,
  blobs: Pick<Blobs, 'get'> | undefined,
): PythonPackages | undefined {
  if (lock === undefined) return undefined;
  return { key: lock.sha256, lock: async () => Buffer.from(await fetched(lock, workspaceId, blobs)).toString('utf8') };
}

async function fetched(ref: BlobRef, workspaceId: string, blobs: Pick<Blobs, 'get'> | undefined): Promise<Uint8Array> {
  if (blobs === undefined)
    throw new StepFailure('Internal', 'an adopted program needs its files, and none can be read here');
  try {
    return await blobs.get(workspaceId, ref);
  } catch (error) {
    if (!(error instanceof BlobMissing)) throw error;
    throw new StepFailure(
      'Module.Unsupported',
      `the files ${ref.sha256} of this adopted program are not in this workspace: adopt it here`,
      { cause: error },
    );
  }
}
