import { type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { cursorAfter, type Position, positionOf } from '#lib/ports/cursor';
import { itemBytes } from '#lib/ports/limits';
import { type Item, type Page, type Query, STORE_LIMITS } from '#lib/ports/store';
import { asking } from '../client/fault.ts';
import { Placeholders } from './expression.ts';
import { type Attributes, aliveAt, fromAttributes, keyAttributes } from './item.ts';
import { keyIn, nameOf, readMany } from './read-many.ts';
import { indexAttributes, indexName, KEY_ATTRIBUTES, type TableNames, tableOf } from './schema.ts';

export interface PageParts {
  client: DynamoDBClient;
  tables: TableNames;
  now: number;
}

/** So many pages of nothing but expired items are passed over before one is shown empty, with a cursor. */
const EMPTY_PAGES = 10;

/**
 * One page. One more item than asked for is read, so that a page that holds everything has no cursor, as in every home.
 */
export async function readPage(query: Query, parts: PageParts): Promise<Page> {
  const positions = query.index === undefined ? 1 : 3;
  let position = query.cursor === undefined ? null : positionOf(query, query.cursor, positions);
  const bounds = boundsOf(query);
  if (bounds === null) return { items: [], cursor: null };
  for (let empty = 0; ; empty++) {
    const { stored, last } = await readStored(query, bounds, position, parts);
    const { items, more } = cut(query, stored, parts.now);
    if (more !== null) return { items, cursor: cursorAfter(query, more) };
    if (last === null) return { items, cursor: null };
    if (items.length > 0 || empty >= EMPTY_PAGES) return { items, cursor: cursorAfter(query, last) };
    position = last;
  }
}

interface Stored {
  stored: readonly Attributes[];
  /** Where DynamoDB stopped; null at the end. */
  last: Position | null;
}

async function readStored(query: Query, bounds: Bounds, after: Position | null, parts: PageParts): Promise<Stored> {
  const { client, tables } = parts;
  const { index, pk, order, limit } = query;
  const { partition, sort } = index === undefined ? KEY_ATTRIBUTES : indexAttributes(index);
  const to = new Placeholders();
  const expression = [
    `${to.name(partition)} = ${to.value({ S: pk })}`,
    bounds.print === null ? '' : bounds.print(to.name(sort), to),
  ];
  const TableName = index === undefined ? tableOf(tables, pk) : tables.main;
  const answer = await asking(`query of ${TableName}`, () =>
    client.send(
      new QueryCommand({
        TableName,
        // An index has no consistent reads.
        ...(index === undefined ? { ConsistentRead: true } : { IndexName: indexName(index) }),
        KeyConditionExpression: expression.filter((part) => part !== '').join(' AND '),
        ScanIndexForward: order !== 'descending',
        Limit: limit + 1,
        ...(after === null ? {} : { ExclusiveStartKey: startKey(query, after) }),
        ...to.attributes(),
      }),
    ),
  );
  const { Items = [], LastEvaluatedKey } = answer;
  const last = LastEvaluatedKey === undefined ? null : positionIn(query, fromAttributes(LastEvaluatedKey));
  return index === undefined ? { stored: Items, last } : wholeItems(query, Items, last, parts);
}

/** Read together; an item may have 400 KB, so not many more than fit in a page. */
const TOGETHER = 50;

/**
 * The items that the entries of an index stand for, as they are now. What is gone, or has moved in the index since, is left
 * out: it is shown where it stands. Ends early once a page is full.
 */
async function wholeItems(
  query: Query,
  entries: readonly Attributes[],
  last: Position | null,
  parts: PageParts,
): Promise<Stored> {
  const stored: Attributes[] = [];
  let bytes = 0;
  for (let from = 0; from < entries.length; from += TOGETHER) {
    const some = entries.slice(from, from + TOGETHER);
    const found = await readMany(some.map(keyIn), parts);
    for (const entry of some) {
      const item = found.get(nameOf(keyIn(entry)));
      if (item === undefined || !standsAt(query, item, entry)) continue;
      stored.push(item);
      bytes += itemBytes(fromAttributes(item));
    }
    const end = some.at(-1);
    if (bytes > STORE_LIMITS.pageBytes && from + TOGETHER < entries.length && end !== undefined)
      return { stored, last: positionIn(query, fromAttributes(end)) };
  }
  return { stored, last };
}

function standsAt({ index = 'g1' }: Query, item: Attributes, entry: Attributes): boolean {
  const { partition, sort } = indexAttributes(index);
  return item[partition]?.S === entry[partition]?.S && item[sort]?.S === entry[sort]?.S;
}

/** What fits in the page; `more` is where it ends when something is left over. */
function cut(query: Query, stored: readonly Attributes[], now: number): { items: Item[]; more: Position | null } {
  const items: Item[] = [];
  let bytes = 0;
  for (const attributes of stored) {
    const item = aliveAt(attributes, now);
    if (item === null) continue;
    bytes += itemBytes(item);
    const last = items.at(-1);
    if (last !== undefined && (items.length === query.limit || bytes > STORE_LIMITS.pageBytes))
      return { items, more: positionIn(query, last) };
    items.push(item);
  }
  return { items, more: null };
}

interface Bounds {
  /** Null: none, the whole partition. */
  print: ((sort: string, to: Placeholders) => string) | null;
}

/** Null when nothing can lie between them, which DynamoDB would call an error. */
function boundsOf({ sk = {} }: Query): Bounds | null {
  const { prefix = '', from = '', to: end } = sk;
  if (end !== undefined && Buffer.compare(Buffer.from(from), Buffer.from(end)) > 0) return null;
  if (end === '') return null;
  if (prefix !== '') return { print: (sort, to) => `begins_with(${sort}, ${to.value({ S: prefix })})` };
  if (from !== '' && end !== undefined)
    return { print: (sort, to) => `${sort} BETWEEN ${to.value({ S: from })} AND ${to.value({ S: end })}` };
  if (from !== '') return { print: (sort, to) => `${sort} >= ${to.value({ S: from })}` };
  if (end !== undefined) return { print: (sort, to) => `${sort} <= ${to.value({ S: end })}` };
  return { print: null };
}

function startKey({ index, pk }: Query, position: Position): Attributes {
  const [first = '', basePk = '', baseSk = ''] = position;
  if (index === undefined) return keyAttributes({ pk, sk: first });
  const { partition, sort } = indexAttributes(index);
  return { [partition]: { S: pk }, [sort]: { S: first }, ...keyAttributes({ pk: basePk, sk: baseSk }) };
}

function positionIn({ index }: Query, item: Item): string[] {
  return index === undefined ? [item.sk] : [item.indexes?.[index]?.sk ?? '', item.pk, item.sk];
}
