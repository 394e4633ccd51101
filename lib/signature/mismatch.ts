/** A value does not fit a type. `path` leads from the whole value to the part that does not. */
export class Mismatch extends Error {
  readonly wanted: string;
  readonly found: string;
  path: (string | number)[] = [];

  constructor(value: unknown, wanted: string) {
    super(`wanted ${wanted}, found ${show(value)}`);
    this.wanted = wanted;
    this.found = show(value);
  }

  /** Runs a step into a member and puts the member's key before the path of what goes wrong there. */
  static at<T>(key: string | number, step: () => T): T {
    try {
      return step();
    } catch (error) {
      if (error instanceof Mismatch) error.path.unshift(key);
      throw error;
    }
  }

  /** RFC 6901. */
  get pointer(): string {
    return this.path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  }
}

/** A short text of any value, for messages. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  // Exact numbers show as numbers; JSON would refuse a BigInt.
  const text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? Number(part) : part)) ?? String(value);
  const kind = Array.isArray(value) ? 'a list ' : text.startsWith('{') ? 'an object ' : '';
  return `${kind}${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}
