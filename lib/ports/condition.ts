import type { Json } from '#lib/base/json';
import type { Condition, Item } from './store.ts';

type Test<K extends Condition['kind']> = (condition: Condition & { kind: K }, item: Item | null) => boolean;

/** One test per kind. A comparison with a value of another type, or with an absent attribute, does not hold. */
const TESTS: { [K in Condition['kind']]: Test<K> } = {
  exists: (_, item) => item !== null,
  absent: (_, item) => item === null,
  equals: ({ attribute, value }, item) => attributeOf(item, attribute) === value,
  oneOf: ({ attribute, values }, item) => values.some((value) => attributeOf(item, attribute) === value),
  atLeast: numeric((there, wanted) => there >= wanted),
  atMost: numeric((there, wanted) => there <= wanted),
  below: numeric((there, wanted) => there < wanted),
  missing: ({ attribute }, item) => attributeOf(item, attribute) === undefined,
  all: ({ of }, item) => of.every((condition) => holds(condition, item)),
  any: ({ of }, item) => of.some((condition) => holds(condition, item)),
};

/**
 * Does a condition hold for what stands in the store? `item` is null when there is none or it has expired. An absent
 * item has no attributes; `all` of nothing holds, `any` of nothing does not.
 */
export function holds(condition: Condition, item: Item | null): boolean {
  const test = TESTS[condition.kind] as Test<Condition['kind']>;
  return test(condition, item);
}

function numeric(compare: (there: number, wanted: number) => boolean): Test<'atLeast' | 'atMost' | 'below'> {
  return ({ attribute, value }, item) => {
    const there = attributeOf(item, attribute);
    return typeof there === 'number' && compare(there, value);
  };
}

function attributeOf(item: Item | null, attribute: string): Json | undefined {
  // An own property only: `__proto__` and `constructor` are names like any other.
  return item !== null && Object.hasOwn(item.data, attribute) ? item.data[attribute] : undefined;
}
