/** Where a value stands: what may end it differs. */
export type Place = 'key' | 'value' | 'item';

/** How far to look ahead to tell a quote that ends a string from one inside it. Bounded: reading stays linear. */
export const LOOKAHEAD = 400;
export const FAR = 4000;
/** The quote that closes each quote. */
export const CLOSING: { [open: string]: string } = { '"': '"', "'": "'", '“': '”', '”': '”' };

/** A position in a text that is nearly JSON, and what can be told from there without moving. */
export class LooseCursor {
  protected readonly text: string;
  protected at = 0;
  /** Lists open at the moment. */
  protected arrays = 0;
  private readonly lastQuotes = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
  }

  protected skip(): void {
    for (;;) {
      this.at = this.skipBlank(this.at);
      const char = this.text[this.at];
      if (char !== '#' && !(char === '/' && /[/*]/.test(this.text.charAt(this.at + 1)))) return;
      this.comment(true);
    }
  }

  protected skipBlank(index: number): number {
    let next = index;
    while (next < this.text.length && /\s/.test(this.text.charAt(next))) next++;
    return next;
  }

  /** Inside a value a `#` comment ends where the value does. */
  protected comment(inside: boolean): void {
    if (this.text.startsWith('/*', this.at)) {
      const end = this.text.indexOf('*/', this.at + 2);
      this.at = end < 0 ? this.text.length : end + 2;
      return;
    }
    const ends = inside && this.text[this.at] === '#' ? (this.arrays > 0 ? /[\n\r\]]/g : /[\n\r}]/g) : /[\n\r]/g;
    ends.lastIndex = this.at;
    this.at = ends.exec(this.text)?.index ?? this.text.length;
  }

  /** A quoted string followed by a colon. */
  protected memberStartsAt(index: number): boolean {
    const close = CLOSING[this.text.charAt(index)];
    if (close === undefined) return false;
    const end = this.text.indexOf(close, index + 1);
    return end >= 0 && end - index < LOOKAHEAD && this.text[this.skipBlank(end + 1)] === ':';
  }

  /** Is there a later quote, near enough, that ends this string better? */
  protected closesLater(close: string, after: RegExp): boolean {
    const window = this.text.slice(this.at + 1, this.at + 1 + LOOKAHEAD);
    for (let quote = window.indexOf(close); quote >= 0; quote = window.indexOf(close, quote + 1))
      if (after.test(window.slice(quote + 1, quote + 40))) return true;
    return false;
  }

  /** Where a quote last stands in the text; looked up once. */
  protected lastIndex(quote: string): number {
    let index = this.lastQuotes.get(quote);
    if (index === undefined) {
      index = this.text.lastIndexOf(quote);
      this.lastQuotes.set(quote, index);
    }
    return index;
  }

  /** A brace after which no quote closes anything: the string lost its quote, the brace is the object's. */
  protected unclosedAt(close: string): boolean {
    const rest = this.text.slice(this.at + 1, this.at + 1 + LOOKAHEAD);
    return !rest.includes(close) && !/[^\s}\]`]/.test(rest);
  }
}
