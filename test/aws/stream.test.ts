import { expect, test } from 'vitest';
import { FEED_FILTER } from '#lib/aws/dynamo/feed-filter';
import { toAttributes } from '#lib/aws/dynamo/item';
import { fedItems } from '#lib/aws/dynamo/stream';
import type { Item } from '#lib/ports/store';

const item = (sk: string, more: Partial<Item> = {}): Item => ({ pk: 'W#a', sk, data: { sk, list: [1] }, ...more });
const fed = (sk: string) => toAttributes(item(sk, { feed: true, indexes: { g1: { pk: 'k', sk } } }));

test('the puts of feed items are delivered whole and in order; other items, updates and removals are not', () => {
  const first = fed('EV#1');
  const records = [
    { dynamodb: { NewImage: first } },
    { dynamodb: { NewImage: toAttributes(item('HEAD')) } },
    // An update: the mark stays.
    { dynamodb: { OldImage: first, NewImage: { ...first, _sk: { S: 'changed' } } } },
    // Put again: another mark.
    { dynamodb: { OldImage: first, NewImage: fed('EV#1') } },
    { dynamodb: { OldImage: first } },
    {},
    { dynamodb: { NewImage: fed('EV#2') } },
  ];
  const delivered = fedItems(records);
  expect(delivered.map(({ sk }) => sk)).toEqual(['EV#1', 'EV#1', 'EV#2']);
  expect(delivered[2]).toEqual(item('EV#2', { feed: true, indexes: { g1: { pk: 'k', sk: 'EV#2' } } }));
});

test('the filter names the attribute that only fed items have', () => {
  const [attribute = ''] = Object.keys(FEED_FILTER.dynamodb.NewImage);
  expect(Object.hasOwn(fed('EV#1'), attribute)).toBe(true);
  expect(Object.hasOwn(toAttributes(item('HEAD')), attribute)).toBe(false);
});
