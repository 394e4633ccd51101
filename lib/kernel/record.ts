import type { Json, JsonObject } from '#lib/base/json';
import type { Blobs } from '#lib/ports/blobs';
import type { Item } from '#lib/ports/store';
import { initialValue } from './attribute.ts';
import { loadBody, storeBody } from './body.ts';
import type { ResourceInfo } from './info.ts';
import { HEAD_SK, headKey, indexPk, kindPk, versionKey } from './keys.ts';
import type { Head, RecordOf, VersionOf } from './resource.ts';

/** A record's state once it is removed: the item stays, so that an id is never used twice. */
export const REMOVED = 'removed';

/**
 * A record as its head item. `rev` and `state` are top-level, where a condition can see them; the attributes are one
 * member (`body`), or a blob's reference when they are large.
 */
export async function itemOf(info: ResourceInfo, record: RecordOf, blobs: Blobs): Promise<Item> {
  const { head, attributes } = split(info, record);
  return {
    ...headKey(record.workspaceId, info.name, record.id),
    data: { ...(head as unknown as JsonObject), ...(await storeBody(record.workspaceId, attributes, blobs)) },
    indexes: {
      g1: { pk: kindPk(record.workspaceId, info.name), sk: record.id },
      ...Object.fromEntries(
        info.indexes.flatMap(({ name, slot, by }) => {
          const values = by.map((attribute) => (record as Record<string, unknown>)[attribute]);
          // Sparse: a record without a value is not in that index.
          if (values.some((value) => value === undefined || value === null)) return [];
          return [[slot, { pk: indexPk(record.workspaceId, info.name, name, values), sk: record.id }]];
        }),
      ),
    },
  };
}

/** The record in a head item, or `null` for a tombstone. Attributes added since it was written get their default. */
export async function recordOf(info: ResourceInfo, item: Item | null, blobs: Blobs): Promise<RecordOf | null> {
  if (item === null || item.sk !== HEAD_SK || item.data.state === REMOVED) return null;
  const { body: _body, blob: _blob, ...head } = item.data;
  const attributes = await loadBody(String(head.workspaceId), item.data, blobs);
  for (const { name, type } of Object.values(info.attributes)) {
    if (!Object.hasOwn(attributes, name)) {
      const value = initialValue(type).value;
      if (value !== undefined) attributes[name] = value as Json;
    }
  }
  return { ...attributes, ...head } as unknown as RecordOf;
}

export function tombstoneOf(info: ResourceInfo, record: RecordOf, updatedAt: string): Item {
  const { head } = split(info, record);
  return {
    ...headKey(record.workspaceId, info.name, record.id),
    data: { ...(head as unknown as JsonObject), rev: record.rev + 1, state: REMOVED, updatedAt },
  };
}

export async function versionItemOf(
  info: ResourceInfo,
  record: RecordOf,
  version: Omit<VersionOf<JsonObject>, 'id'>,
  blobs: Blobs,
): Promise<Item> {
  const { body, ...rest } = version;
  return {
    ...versionKey(record.workspaceId, info.name, record.id, version.version),
    data: { id: record.id, ...rest, ...(await storeBody(record.workspaceId, body, blobs)) },
  };
}

export async function versionOf(workspaceId: string, item: Item, blobs: Blobs): Promise<VersionOf<JsonObject>> {
  return { ...versionHeadOf(item), body: await loadBody(workspaceId, item.data, blobs) };
}

export function versionHeadOf(item: Item): Omit<VersionOf, 'body'> {
  const { body: _body, blob: _blob, ...head } = item.data;
  return head as unknown as Omit<VersionOf, 'body'>;
}

/** The attributes alone, without absent ones; equal attributes have equal checksums. */
export function attributesOf(info: ResourceInfo, record: RecordOf): JsonObject {
  return split(info, record).attributes;
}

function split(info: ResourceInfo, record: RecordOf): { head: Head; attributes: JsonObject } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  return {
    head: Object.fromEntries(entries.filter(([name]) => !Object.hasOwn(info.attributes, name))) as unknown as Head,
    attributes: Object.fromEntries(entries.filter(([name]) => Object.hasOwn(info.attributes, name))) as JsonObject,
  };
}
