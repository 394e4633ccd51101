import { FEED_ATTRIBUTE } from './schema.ts';

/** A filter for the event source: only records of items that have a mark for the feed are worth a call. */
export const FEED_FILTER = { dynamodb: { NewImage: { [FEED_ATTRIBUTE]: { S: [{ exists: true }] } } } };
