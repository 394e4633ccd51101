import type { Item } from '#lib/ports/store';
import { type Attributes, fromAttributes } from './item.ts';
import { FEED_ATTRIBUTE } from './schema.ts';

/** One record of the event with which the table's stream calls a function; the images are as DynamoDB stores them. */
export interface StreamRecord {
  dynamodb?: { NewImage?: Attributes; OldImage?: Attributes; SequenceNumber?: string };
}

/**
 * The Feed port's side of the table's stream: the items that were put with `feed: true`, in the order of the records.
 * DynamoDB keeps the order of commits for each partition key. An update of such an item is no put of it: a put changes
 * its mark, an update does not.
 */
export function fedItems(records: readonly StreamRecord[]): Item[] {
  return records.flatMap(({ dynamodb = {} }) => {
    const { NewImage: after, OldImage: before } = dynamodb;
    const mark = after?.[FEED_ATTRIBUTE]?.S;
    if (after === undefined || mark === undefined || mark === before?.[FEED_ATTRIBUTE]?.S) return [];
    return [fromAttributes(after)];
  });
}
