import { Internal } from '#lib/base/errors';
import type { JsonObject } from '#lib/base/json';
import type { BlobRef, Blobs } from '#lib/ports/blobs';

/** Above this a body moves to Blobs and the item keeps its hash: an item may have 400 KB, and every write pays for all of it. */
const INLINE_BYTES = 100 * 1024;

/** The members of an item's data that hold a body: `body` itself, or `blob`, a reference to it. */
export async function storeBody(workspaceId: string, value: JsonObject, blobs: Blobs): Promise<JsonObject> {
  const bytes = Buffer.from(JSON.stringify(value));
  if (bytes.length <= INLINE_BYTES) return { body: value };
  return { blob: { ...(await blobs.put(workspaceId, bytes)) } };
}

export async function loadBody(workspaceId: string, data: JsonObject, blobs: Blobs): Promise<JsonObject> {
  if (data.blob === undefined) {
    if (data.body === undefined) throw new Internal('corrupt_record', 'an item has neither a body nor a blob');
    return { ...(data.body as JsonObject) };
  }
  const bytes = await blobs.get(workspaceId, data.blob as unknown as BlobRef);
  return JSON.parse(Buffer.from(bytes).toString()) as JsonObject;
}
