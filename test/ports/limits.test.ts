import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '#lib/base/json';
import { itemBytes } from '#lib/ports/limits';
import type { Item } from '#lib/ports/store';

/**
 * DynamoDB's rule (docs.aws.amazon.com, "DynamoDB item sizes and formats"), for a layout with top-level scalars as such
 * and nested values as text: UTF-8 bytes of names and strings, a byte per two digits of a number and one more, one for
 * a null or a boolean.
 */
function countedByDynamo(item: Item): number {
  const value = (one: Json): number => {
    if (typeof one === 'number') return Math.ceil(String(one).length / 2) + 2;
    if (one === null || typeof one === 'boolean') return 1;
    return Buffer.byteLength(typeof one === 'string' ? one : JSON.stringify(one));
  };
  const attributes: [string, Json][] = [
    ['pk', item.pk],
    ['sk', item.sk],
    ['expiresAt', item.expiresAt ?? 0],
    ['feed', true],
    ...Object.entries(item.indexes ?? {}).flatMap(([name, key]): [string, Json][] => [
      [`${name}pk`, key.pk],
      [`${name}sk`, key.sk],
    ]),
    ...Object.entries(item.data).map(([name, one]): [string, Json] => [`d_${name}`, one]),
  ];
  return attributes.reduce((sum, [name, one]) => sum + Buffer.byteLength(name) + value(one), 0);
}

describe('the size of an item', () => {
  it('is never less than what DynamoDB counts', () => {
    const text = fc.string({ unit: 'grapheme' });
    const key = fc.record({ pk: text, sk: text });
    const data = fc.dictionary(text, fc.jsonValue(), { noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
    const item = fc.record({ pk: text, sk: text, data, indexes: fc.record({ g1: key, g2: key, g3: key }) });
    fc.assert(
      fc.property(item, (one) => {
        expect(itemBytes({ ...one, expiresAt: 1767225600 })).toBeGreaterThanOrEqual(
          countedByDynamo({ ...one, expiresAt: 1767225600 }),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
