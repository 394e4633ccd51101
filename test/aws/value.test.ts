import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromAttributes, toAttributes } from '#lib/aws/dynamo/item';
import { toAttribute } from '#lib/aws/dynamo/value';
import type { Json } from '#lib/base/json';
import { itemBytes } from '#lib/ports/limits';
import type { Item } from '#lib/ports/store';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('{', '[1', '"x"', '#1', '\ud800', ''),
);
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const value = fc.oneof(text, number, fc.boolean(), fc.constant(null), fc.jsonValue()) as fc.Arbitrary<Json>;
// V8 reads a key that is one escaped character as a backslash when it has read an object with the key `\` before
// (nodejs/node#63785, open): no key here is a backslash alone.
const items = fc
  .record({
    pk: fc.string({ minLength: 1 }),
    sk: fc.string({ minLength: 1 }),
    data: fc.dictionary(fc.oneof(text, fc.constantFrom('pk', 'ttl', '__proto__', 'feed')), value, {
      noNullPrototype: true,
    }),
  })
  .filter((item) => !JSON.stringify(item).includes('"\\\\":')) as fc.Arbitrary<Item>;

test('any data comes back from the attributes as it went in, and no attribute is two things', () => {
  fc.assert(
    fc.property(items, (item) => {
      // As any home sees it: what JSON makes of it (a negative zero is a zero).
      const wanted = { ...item, data: JSON.parse(JSON.stringify(item.data)) };
      expect(fromAttributes(toAttributes(item))).toEqual(wanted);
    }),
    { numRuns: 2000 },
  );
});

test('equal scalars are equal attributes, different ones different: conditions compare what is stored', () => {
  const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null)) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(scalar, scalar, (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      expect(JSON.stringify(toAttribute(a)) === JSON.stringify(toAttribute(b))).toBe(same);
    }),
    { numRuns: 2000 },
  );
});

test('an item never counts for more bytes in DynamoDB than the port says', () => {
  fc.assert(
    fc.property(items, (item) => {
      const stored = Object.entries(toAttributes(item)).reduce((sum, [name, attribute]) => {
        const { S: string, N: digits } = attribute;
        const size = string !== undefined ? Buffer.byteLength(string) : digits !== undefined ? 21 : 1;
        // A number takes about half a byte a digit, and never more than 21.
        return sum + Buffer.byteLength(name) + (digits === undefined ? size : Math.ceil(digits.length / 2) + 1);
      }, 0);
      expect(stored).toBeLessThanOrEqual(itemBytes(item));
    }),
    { numRuns: 2000 },
  );
});
