import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** Collects the names and values of one expression: user text is never part of the expression itself. */
export class Placeholders {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, { place: string; value: AttributeValue }>();

  name(attribute: string): string {
    const there = this.#names.get(attribute);
    if (there !== undefined) return there;
    const place = `#n${this.#names.size}`;
    this.#names.set(attribute, place);
    return place;
  }

  value(value: AttributeValue): string {
    const key = JSON.stringify(value);
    const there = this.#values.get(key);
    if (there !== undefined) return there.place;
    const place = `:v${this.#values.size}`;
    this.#values.set(key, { place, value });
    return place;
  }

  /** For a request; what is empty is left out, as DynamoDB wants it. */
  attributes(): {
    ExpressionAttributeNames?: Record<string, string>;
    ExpressionAttributeValues?: Record<string, AttributeValue>;
  } {
    const names = Object.fromEntries([...this.#names].map(([attribute, place]) => [place, attribute]));
    const values = Object.fromEntries([...this.#values.values()].map(({ place, value }) => [place, value]));
    return {
      ...(this.#names.size === 0 ? {} : { ExpressionAttributeNames: names }),
      ...(this.#values.size === 0 ? {} : { ExpressionAttributeValues: values }),
    };
  }
}
