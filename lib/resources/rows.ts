import type { Json, JsonObject } from '#lib/base/json';
import type { BlobRef, Blobs } from '#lib/ports/blobs';
import type { Item, Key, Store } from '#lib/ports/store';

/**
 * Rows that belong to a record but are no resources: steps of an execution, outcomes of an evaluation. They lie in a
 * partition of their own, numbered, each holding a batch; a batch too large for an item lies in Blobs.
 */
export interface Rows {
  workspaceId: string;
  /** `Execution`, `Evaluation`, `Optimization`. */
  resource: string;
  id: string;
  /** What the rows are: `step`, `outcome`, `slice`. */
  kind: string;
}

type Home = { store: Store; blobs: Blobs };

// Well under the item's 400 KB: keys, attribute names and the encoding of the store's other home take their share.
const INLINE_BYTES = 250_000;

export function rowKey(rows: Rows, sk: string): Key {
  return { pk: `W#${rows.workspaceId}#${rows.resource}#${rows.id}#${rows.kind}`, sk };
}

/** A batch as an item to put; writes the blob first when the batch is large, so that no row points at nothing. */
export async function rowItem(home: Home, rows: Rows, sk: string, batch: readonly unknown[]): Promise<Item> {
  const text = JSON.stringify(batch);
  const data: JsonObject =
    text.length <= INLINE_BYTES / 3 || Buffer.byteLength(text) <= INLINE_BYTES
      ? { batch: JSON.parse(text) as Json }
      : { blob: { ...(await home.blobs.put(rows.workspaceId, Buffer.from(text))) } };
  return { ...rowKey(rows, sk), data };
}

/** All batches in key order, concatenated. */
export async function readRows<T>(home: Home, rows: Rows, from?: string): Promise<T[]> {
  const all: T[] = [];
  for await (const { batch } of batches<T>(home, rows, from)) all.push(...batch);
  return all;
}

export async function* batches<T>(home: Home, rows: Rows, from?: string): AsyncGenerator<{ sk: string; batch: T[] }> {
  let cursor: string | null = null;
  do {
    const page = await home.store.query({
      pk: rowKey(rows, '').pk,
      limit: 200,
      ...(from === undefined ? {} : { sk: { from } }),
      ...(cursor === null ? {} : { cursor }),
    });
    for (const item of page.items) yield { sk: item.sk, batch: await batchOf<T>(home, rows.workspaceId, item) };
    cursor = page.cursor;
  } while (cursor !== null);
}

export async function batchOf<T>(home: Home, workspaceId: string, item: Item): Promise<T[]> {
  const { batch, blob } = item.data;
  if (blob === undefined) return batch as T[];
  const bytes = await home.blobs.get(workspaceId, blob as unknown as BlobRef);
  return JSON.parse(Buffer.from(bytes).toString()) as T[];
}

/** Keys that sort as numbers: `000042`. */
export function rowNumber(number: number): string {
  return String(number).padStart(8, '0');
}
