/**
 * A number that remembers being written as a float (`1.0`). JavaScript forgets that, Python's prompts show it. Values
 * that come from JSON text through `parseExactJson` hold these; everywhere else the declared type of the field decides.
 */
export class ExactFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  toJSON(): number {
    return this.value;
  }
}

/**
 * JSON text with its numbers as Python's `json.loads` would hold them: integers as BigInt, the rest as ExactFloat.
 * Throws SyntaxError as JSON.parse does.
 */
export function parseExactJson(text: string): unknown {
  return (JSON.parse as ParseWithSource)(text, (_key, value, context) => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    return /^-?\d+$/.test(context.source) ? BigInt(context.source) : new ExactFloat(value);
  });
}

// The third argument is in the language (ECMAScript 2026) and in Node 24, not yet in TypeScript's library.
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
) => unknown;
