/** Large immutable values, named by the SHA-256 of their bytes. Writing the same bytes twice is one blob. */
export interface Blobs {
  put(workspaceId: string, bytes: Uint8Array): Promise<BlobRef>;
  /** Verifies the hash; throws BlobMissing or BlobCorrupt. */
  get(workspaceId: string, ref: BlobRef): Promise<Uint8Array>;
}

export interface BlobRef {
  sha256: string;
  bytes: number;
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
}
export class BlobCorrupt extends Error {
  override readonly name = 'BlobCorrupt';
}
