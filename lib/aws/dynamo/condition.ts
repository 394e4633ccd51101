import { holds } from '#lib/ports/condition';
import type { Condition } from '#lib/ports/store';
import type { Placeholders } from './expression.ts';
import { EXPIRY_ATTRIBUTE, KEY_ATTRIBUTES } from './schema.ts';
import { attributeName, numberAttribute, toAttribute } from './value.ts';

/** `IN` takes this many operands. */
const OPERANDS = 100;

type Print<K extends Condition['kind']> = (condition: Condition & { kind: K }, to: Placeholders) => string;

const PRINTS: { [K in Condition['kind']]: Print<K> } = {
  exists: (_, to) => `attribute_exists(${to.name(KEY_ATTRIBUTES.partition)})`,
  absent: (_, to) => `attribute_not_exists(${to.name(KEY_ATTRIBUTES.partition)})`,
  equals: ({ attribute, value }, to) => `${data(attribute, to)} = ${to.value(toAttribute(value))}`,
  oneOf: ({ attribute, values }, to) => {
    if (values.length === 0) return never(to);
    const places = [...new Set(values.map((value) => to.value(toAttribute(value))))];
    const lists = Array.from({ length: Math.ceil(places.length / OPERANDS) }, (_, n) =>
      places.slice(n * OPERANDS, (n + 1) * OPERANDS).join(', '),
    );
    return joined(
      'OR',
      lists.map((list) => `${data(attribute, to)} IN (${list})`),
    );
  },
  atLeast: (condition, to) => compared(condition, '>=', to),
  atMost: (condition, to) => compared(condition, '<=', to),
  below: (condition, to) => compared(condition, '<', to),
  missing: ({ attribute }, to) => `attribute_not_exists(${data(attribute, to)})`,
  all: ({ of }, to) =>
    of.length === 0
      ? always(to)
      : joined(
          'AND',
          of.map((one) => print(one, to)),
        ),
  any: ({ of }, to) =>
    of.length === 0
      ? never(to)
      : joined(
          'OR',
          of.map((one) => print(one, to)),
        ),
};

/**
 * A condition as DynamoDB's expression. An expired item that DynamoDB has not deleted yet counts as absent: what the
 * condition says about an absent item is known here, so it is one more alternative or one more demand.
 */
export function conditionExpression(condition: Condition, nowSeconds: number, to: Placeholders): string {
  const stored = print(condition, to);
  if (holds(condition, null)) return joined('OR', [expired(nowSeconds, to), stored]);
  return joined('AND', [alive(nowSeconds, to), stored]);
}

export function alive(nowSeconds: number, to: Placeholders): string {
  const expiry = to.name(EXPIRY_ATTRIBUTE);
  return `(attribute_not_exists(${expiry}) OR ${expiry} > ${to.value({ N: String(nowSeconds) })})`;
}

/** Stands there, and should not any more. An item that is absent, or has no expiry, is not expired. */
function expired(nowSeconds: number, to: Placeholders): string {
  return `${to.name(EXPIRY_ATTRIBUTE)} <= ${to.value({ N: String(nowSeconds) })}`;
}

/** The attribute is a number or not there, so that a number can be added. */
export function addable(attribute: string, to: Placeholders): string {
  const name = data(attribute, to);
  return `(attribute_not_exists(${name}) OR attribute_type(${name}, ${to.value({ S: 'N' })}))`;
}

export function joined(operator: 'AND' | 'OR', parts: readonly string[]): string {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : `(${parts.join(` ${operator} `)})`;
}

function print(condition: Condition, to: Placeholders): string {
  const printed = PRINTS[condition.kind] as Print<Condition['kind']>;
  return printed(condition, to);
}

function compared(condition: { attribute: string; value: number }, operator: string, to: Placeholders): string {
  const value = numberAttribute(condition.value);
  // Beyond DynamoDB's numbers: every number it holds is on the same side.
  if (!('N' in value)) return outOfRange(condition, operator, to);
  return `${data(condition.attribute, to)} ${operator} ${to.value(value)}`;
}

function outOfRange({ attribute, value }: { attribute: string; value: number }, operator: string, to: Placeholders) {
  if (!Number.isFinite(value)) return never(to);
  // Too small to be told from 0 there.
  if (Math.abs(value) < 1) return `${data(attribute, to)} ${operator} ${to.value({ N: '0' })}`;
  const below = operator.startsWith('<');
  return value > 0 === below
    ? `attribute_type(${data(attribute, to)}, ${to.value({ S: 'N' })})`
    : `${data(attribute, to)} = ${to.value({ S: `#${value}` })}`;
}

function data(attribute: string, to: Placeholders): string {
  return to.name(attributeName(attribute));
}

/** Holds whatever stands there. */
export function always(to: Placeholders): string {
  const key = to.name(KEY_ATTRIBUTES.partition);
  return `(attribute_exists(${key}) OR attribute_not_exists(${key}))`;
}

function never(to: Placeholders): string {
  const key = to.name(KEY_ATTRIBUTES.partition);
  return `(attribute_exists(${key}) AND attribute_not_exists(${key}))`;
}
