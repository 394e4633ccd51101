import type { IndexName } from '#lib/ports/store';

/**
 * Both tables look like this. Index keys are composed strings of their own attributes: tables with several attributes to
 * an index key are refused by the emulators. Only keys are projected: so an index costs a write when an item comes, goes or
 * moves in it, not at each change, and one unit then. A page is read from the table (`page.ts`).
 */
export const KEY_ATTRIBUTES = { partition: 'pk', sort: 'sk' } as const;
export const INDEX_NAMES: readonly IndexName[] = ['g1', 'g2', 'g3'];

/** A table's index may not be called `g1`: names have at least three characters. */
export function indexName(index: IndexName): string {
  return `index-${index}`;
}

export function indexAttributes(index: IndexName): { partition: string; sort: string } {
  return { partition: `${index}pk`, sort: `${index}sk` };
}

/** Epoch seconds; DynamoDB deletes such items some time after, so every read looks at it, too. */
export const EXPIRY_ATTRIBUTE = 'ttl';
/** A name for each put of an item for the feed: who reads the stream sees by it that there was a put. */
export const FEED_ATTRIBUTE = 'feed';
/** How the item is written; on every item, so that an update always has something to set. */
export const FORMAT_ATTRIBUTE = 'v';
export const FORMAT = '1';

/**
 * What lives for hours and may be lost: cached answers, idempotency keys, transaction tokens. A table of its own, so that
 * neither its writes nor its deletions run through the stream and the backups of the main table.
 */
export const EPHEMERAL_KEYS = /^(?:LM#|TOKEN#|W#[\w-]+#IDEMPOTENCY#)/;

export interface TableNames {
  main: string;
  ephemeral: string;
}

/** The table an item lives in follows from its partition key alone, so that a read needs to ask only one. */
export function tableOf(names: TableNames, pk: string): string {
  return EPHEMERAL_KEYS.test(pk) ? names.ephemeral : names.main;
}
