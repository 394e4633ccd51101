import { SignatureSyntaxError } from './syntax-error.ts';

const IDENTIFIER = /[\p{XIDS}_][\p{XIDC}]*/uy;
const NUMBER = /0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*)?\.?\d[\d_]*\.?(?:[eE][+-]?\d+)?/y;

/** ASCII letters, digits and `_`, by character code: 1 starts a name, 2 only continues one. */
const NAME_CLASS = new Uint8Array(128);
for (let code = 48; code < 58; code++) NAME_CLASS[code] = 2;
for (let code = 65; code < 91; code++) NAME_CLASS[code] = NAME_CLASS[code + 32] = 1;
NAME_CLASS[95] = 1;

/** Reads Python's lexical grammar from a slice of the signature text, without building tokens. */
export class Scanner {
  readonly text: string;
  readonly end: number;
  position: number;

  constructor(text: string, start: number, end: number) {
    this.text = text;
    this.position = start;
    this.end = end;
  }

  fail(what: string, position = this.position): never {
    throw new SignatureSyntaxError(what, this.text, position);
  }

  /** Skips what Python ignores inside parentheses: blanks, line ends, continued lines, comments that end. */
  skipBlank(): void {
    const { text, end } = this;
    for (; this.position < end; this.position++) {
      const code = text.charCodeAt(this.position);
      if (code > 35 && code !== 92) return;
      if (code === 32 || (code >= 9 && code <= 13 && code !== 11)) continue;
      if (code === 92 && text.charCodeAt(this.position + 1) === 10) continue;
      if (code !== 35) return;
      const newline = text.indexOf('\n', this.position);
      if (newline < 0 || newline >= end) this.fail('a comment must end before its side of the signature does');
      this.position = newline;
    }
  }

  /** Where the next thing starts. */
  here(): number {
    this.skipBlank();
    return this.position;
  }

  /** The next character after blanks, '' at the end. Does not consume it. */
  peek(): string {
    this.skipBlank();
    return this.position < this.end ? this.text.charAt(this.position) : '';
  }

  /** The code of the next character after blanks, -1 at the end. */
  peekCode(): number {
    this.skipBlank();
    return this.position < this.end ? this.text.charCodeAt(this.position) : -1;
  }

  take(expected: string): boolean {
    this.skipBlank();
    const { text, position } = this;
    // Nearly always one character, and nearly always another one.
    if (position >= this.end || text.charCodeAt(position) !== expected.charCodeAt(0)) return false;
    const { length } = expected;
    if (length > 1 && (position + length > this.end || !text.startsWith(expected, position))) return false;
    this.position = position + length;
    return true;
  }

  /** The identifier here, in the NFKC form Python gives it, or undefined. */
  name(): string | undefined {
    this.skipBlank();
    const { text, end } = this;
    const start = this.position;
    let at = start;
    for (; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code >= 128) return this.unicodeName(start);
      const kind = NAME_CLASS[code];
      if (kind === 0 || (at === start && kind === 2)) break;
    }
    if (at === start) return undefined;
    this.position = at;
    return text.slice(start, at);
  }

  private unicodeName(start: number): string | undefined {
    IDENTIFIER.lastIndex = start;
    const found = IDENTIFIER.exec(this.text)?.[0];
    if (found === undefined || start + found.length > this.end) return undefined;
    this.position = start + found.length;
    return found.normalize('NFKC');
  }

  /** The number here, or undefined. */
  number(): number | undefined {
    this.skipBlank();
    const code = this.text.charCodeAt(this.position);
    if (this.position >= this.end || !((code >= 48 && code < 58) || code === 46)) return undefined;
    NUMBER.lastIndex = this.position;
    const found = NUMBER.exec(this.text)?.[0];
    if (found === undefined || this.position + found.length > this.end) return undefined;
    const value = Number(found.replaceAll('_', ''));
    if (/^0[\d_]*[1-9][\d_]*$/.test(found)) this.fail('a whole number does not start with 0');
    if (!Number.isFinite(value)) this.fail(`"${found}" is not a number`);
    this.position += found.length;
    return value;
  }
}
