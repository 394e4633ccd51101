import { randomUUID } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Json } from '#lib/base/json';
import type { Item, Key } from '#lib/ports/store';
import {
  EXPIRY_ATTRIBUTE,
  FEED_ATTRIBUTE,
  FORMAT,
  FORMAT_ATTRIBUTE,
  INDEX_NAMES,
  indexAttributes,
  KEY_ATTRIBUTES,
} from './schema.ts';
import { attributeName, dataName, fromAttribute, toAttribute } from './value.ts';

export type Attributes = Record<string, AttributeValue>;

export function keyAttributes({ pk, sk }: Key): Attributes {
  return { [KEY_ATTRIBUTES.partition]: { S: pk }, [KEY_ATTRIBUTES.sort]: { S: sk } };
}

/** The attributes of the index keys; those of indexes that the item is not in are left out. */
export function indexKeyAttributes(indexes: Item['indexes']): Attributes {
  const attributes: Attributes = {};
  for (const name of INDEX_NAMES) {
    const key = indexes?.[name];
    if (key === undefined) continue;
    const { partition, sort } = indexAttributes(name);
    attributes[partition] = { S: key.pk };
    attributes[sort] = { S: key.sk };
  }
  return attributes;
}

export function toAttributes(item: Item): Attributes {
  // An attribute may be called `__proto__`: as an entry it is a name like any other, and `_` stands before it anyway.
  const data = Object.entries(item.data).map(([name, value]) => [attributeName(name), toAttribute(value)] as const);
  return {
    ...keyAttributes(item),
    ...indexKeyAttributes(item.indexes),
    ...(item.expiresAt === undefined ? {} : { [EXPIRY_ATTRIBUTE]: { N: String(item.expiresAt) } }),
    ...(item.feed === true ? { [FEED_ATTRIBUTE]: { S: randomUUID() } } : {}),
    [FORMAT_ATTRIBUTE]: { N: FORMAT },
    ...Object.fromEntries(data),
  };
}

export function fromAttributes(attributes: Attributes): Item {
  const data: [string, Json][] = [];
  for (const [attribute, value] of Object.entries(attributes)) {
    const name = dataName(attribute);
    if (name !== null) data.push([name, fromAttribute(value)]);
  }
  const indexes: NonNullable<Item['indexes']> = {};
  for (const name of INDEX_NAMES) {
    const { partition, sort } = indexAttributes(name);
    const [pk, sk] = [attributes[partition]?.S, attributes[sort]?.S];
    if (pk !== undefined && sk !== undefined) indexes[name] = { pk, sk };
  }
  const expiry = attributes[EXPIRY_ATTRIBUTE]?.N;
  return {
    pk: attributes[KEY_ATTRIBUTES.partition]?.S ?? '',
    sk: attributes[KEY_ATTRIBUTES.sort]?.S ?? '',
    data: Object.fromEntries(data),
    ...(Object.keys(indexes).length === 0 ? {} : { indexes }),
    ...(expiry === undefined ? {} : { expiresAt: Number(expiry) }),
    ...(attributes[FEED_ATTRIBUTE] === undefined ? {} : { feed: true }),
  };
}

/** The item as it counts at `now` (milliseconds): null when there is none or it has expired. */
export function aliveAt(attributes: Attributes | undefined, now: number): Item | null {
  if (attributes === undefined || Object.keys(attributes).length === 0) return null;
  const item = fromAttributes(attributes);
  return item.expiresAt !== undefined && item.expiresAt * 1000 <= now ? null : item;
}
