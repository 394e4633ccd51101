import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { InvalidInput } from '#lib/base/errors';
import { sha256 } from '#lib/base/hash';
import { BlobCorrupt, BlobMissing, type BlobRef, type Blobs } from '#lib/ports/blobs';
import { asking, faultOf, isUnanswered } from '../client/fault.ts';
import { PART_BYTES, putInParts } from './multipart.ts';

export interface S3BlobsParts {
  client: S3Client;
  bucket: string;
  /** Before every key; `blobs/` when it is not said. */
  prefix?: string;
}

/** The mark by which a put knows that its bytes are there whole: an object that was overwritten has lost it. */
const MARK = 'sha256';
/** So often is a body begun that breaks off. */
const READS = 3;
const GONE = /^(NoSuchKey|NotFound)$/;

/** The Blobs port as objects `blobs/<workspace>/<first two hex digits>/<sha256>`; the hash is checked on every read. */
export class S3Blobs implements Blobs {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor({ client, bucket, prefix = 'blobs/' }: S3BlobsParts) {
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async put(workspaceId: string, bytes: Uint8Array): Promise<BlobRef> {
    const ref = { sha256: sha256(bytes), bytes: bytes.byteLength };
    const object = { Bucket: this.#bucket, Key: this.#key(workspaceId, ref) };
    if (await this.#isThere(object, ref)) return ref;
    const marked = { ...object, Metadata: { [MARK]: ref.sha256 } };
    await asking(`write to bucket ${this.#bucket}`, async () => {
      try {
        if (bytes.byteLength > 2 * PART_BYTES) await putInParts(this.#client, marked, bytes);
        else await this.#client.send(new PutObjectCommand({ ...marked, Body: bytes }));
      } catch (error) {
        // Carried out, its answer lost, and asked again: an upload in parts that is complete is unknown by then.
        if (!(await this.#isThere(object, ref).catch(() => false))) throw error;
      }
    });
    return ref;
  }

  async get(workspaceId: string, ref: BlobRef): Promise<Uint8Array> {
    const missing = () => new BlobMissing(`there is no blob ${String(ref.sha256)} in workspace ${workspaceId}`);
    if (!/^[0-9a-f]{64}$/.test(ref.sha256)) throw missing();
    const object = { Bucket: this.#bucket, Key: this.#key(workspaceId, ref) };
    const bytes = await asking(`read of bucket ${this.#bucket}`, () => this.#whole(object));
    if (bytes === null) throw missing();
    const found = sha256(bytes);
    if (found !== ref.sha256 || bytes.byteLength !== ref.bytes)
      throw new BlobCorrupt(
        `blob ${ref.sha256} should have ${ref.bytes} bytes, found ${bytes.byteLength} with the checksum ${found}`,
      );
    return bytes;
  }

  /** Null when there is none. A body that breaks off is none of the client's own retries, which end with the head. */
  async #whole(object: { Bucket: string; Key: string }): Promise<Uint8Array | null> {
    for (let attempt = 1; ; attempt++) {
      try {
        const { Body } = await this.#client.send(new GetObjectCommand(object));
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      } catch (error) {
        const fault = faultOf(error);
        if (GONE.test(fault?.name ?? '')) return null;
        if (attempt === READS || fault === null || !isUnanswered(fault, error)) throw error;
      }
    }
  }

  async #isThere(object: { Bucket: string; Key: string }, ref: BlobRef): Promise<boolean> {
    return asking(`read of bucket ${this.#bucket}`, async () => {
      try {
        const { Metadata = {}, ContentLength } = await this.#client.send(new HeadObjectCommand(object));
        return Metadata[MARK] === ref.sha256 && ContentLength === ref.bytes;
      } catch (error) {
        if (GONE.test(faultOf(error)?.name ?? '')) return false;
        throw error;
      }
    });
  }

  #key(workspaceId: string, ref: BlobRef): string {
    if (!/^[a-z0-9][a-z0-9_-]{0,127}$/.test(workspaceId))
      throw new InvalidInput(
        'workspace_invalid',
        `a workspace id is lower-case letters, digits, - and _; got ${JSON.stringify(workspaceId)}`,
      );
    return `${this.#prefix}${workspaceId}/${ref.sha256.slice(0, 2)}/${ref.sha256}`;
  }
}
