import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** Bytes of one part: what a broken connection costs, and so many times four are on their way at once. */
export const PART_BYTES = 16 * 1024 * 1024;
const AT_ONCE = 4;

export interface MarkedObject {
  Bucket: string;
  Key: string;
  Metadata: Record<string, string>;
}

/** Uploads in parts, four at a time. The object appears whole at the end; when a part fails, nothing remains. */
export async function putInParts(client: S3Client, object: MarkedObject, bytes: Uint8Array): Promise<void> {
  const { Bucket, Key } = object;
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  const upload = { Bucket, Key, UploadId };
  try {
    const count = Math.ceil(bytes.byteLength / PART_BYTES);
    const parts: CompletedPart[] = [];
    for (let from = 0; from < count; from += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => from + n);
      parts.push(
        ...(await Promise.all(
          numbers.map(async (number): Promise<CompletedPart> => {
            const Body = bytes.subarray(number * PART_BYTES, (number + 1) * PART_BYTES);
            const PartNumber = number + 1;
            const { ETag = '' } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
            return { ETag, PartNumber };
          }),
        )),
      );
    }
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
  } catch (error) {
    // What was uploaded would be stored, and billed, for ever; a failed abort is left to the bucket's lifecycle rule.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}
