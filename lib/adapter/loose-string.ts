import { CLOSING, FAR, LOOKAHEAD, LooseCursor, type Place } from './loose-cursor.ts';

const ESCAPES: { [letter: string]: string } = { t: '\t', n: '\n', r: '\r', b: '\b', '\\': '\\' };
/** What may follow a string in each place. */
const ENDS: { [place in Place]: string } = { key: ':', value: ',}', item: ',]' };

/** Reads strings with missing, stray or unescaped quotes. */
export class LooseStrings extends LooseCursor {
  protected string(place: Place): unknown {
    // What can start neither a quoted nor a bare string is noise.
    while (this.at < this.text.length && !/["'“”\p{L}\p{N}]/u.test(this.text.charAt(this.at))) {
      if (place !== 'key' && /[,}\]]/.test(this.text.charAt(this.at))) return '';
      if (place === 'key' && /[:}]/.test(this.text.charAt(this.at))) return '';
      this.at++;
    }
    const open = this.text.charAt(this.at);
    const close = CLOSING[open];
    return close === undefined ? this.bareString(place) : this.quotedString(place, close);
  }

  protected quotedString(place: Place, close: string): string {
    const simple = this.simpleString(place);
    if (simple !== undefined) return simple;
    this.at++;
    // `""word""`: the quotes were doubled.
    const doubled = this.text[this.at] === close && /[\p{L}\p{N}]/u.test(this.text.charAt(this.at + 1));
    if (doubled) this.at++;
    let out = '';
    let pairs = false;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined) return (place === 'value' ? out.replace(/,\s*$/, '') : out).trimEnd();
      if (doubled && char === close && this.text[this.at + 1] === close) {
        this.at += 2;
        return out;
      }
      if (char === ']' && this.arrays > 0 && this.lastIndex(close) < this.at) return out.trimEnd();
      if (char === '\\') {
        out += this.escape(close);
        continue;
      }
      if (char === close && !pairs && this.endsString(place, close)) {
        this.at++;
        if (this.text[this.at] === close && /^\s*[,}\]:]/.test(this.text.slice(this.at + 1, this.at + 20))) this.at++;
        return out.endsWith('\n') ? out.trimEnd() : out;
      }
      if (char === '}' && place === 'value' && this.unclosedAt(close)) return out.trimEnd();
      // The closing quote was forgotten where what follows can only be the next member, or the key's value.
      if (char === ',' && place === 'value' && this.memberStartsAt(this.skipBlank(this.at + 1))) return out.trimEnd();
      if (char === ':' && place === 'key' && this.endsOpenKey(close)) return out.trimEnd();
      if (char === close && place === 'item') pairs = !pairs;
      out += char;
      this.at++;
    }
  }

  /** A string without anything unusual in it that ends where one may end. */
  protected simpleString(place: Place): string | undefined {
    if (this.text[this.at] !== '"') return undefined;
    const end = this.text.indexOf('"', this.at + 1);
    if (end < 0) return undefined;
    const value = this.text.slice(this.at + 1, end);
    if (/[\\\n\r]/.test(value)) return undefined;
    const next = this.text[this.skipBlank(end + 1)];
    if (next === undefined ? place === 'key' : !ENDS[place].includes(next)) return undefined;
    this.at = end + 1;
    return value;
  }

  /** At a colon inside a key: is the key's closing quote missing, so that the next quotes are its value's? */
  protected endsOpenKey(close: string): boolean {
    const open = this.nextQuote(close, this.at);
    if (open < 0) return true;
    const end = this.nextQuote(close, open);
    return end >= 0 && /[,}]/.test(this.text.charAt(this.skipBlank(end + 1)));
  }

  /** The next quote after an index that no backslash escapes, not too far away; -1 when there is none. */
  protected nextQuote(close: string, index: number): number {
    for (let at = index + 1; at < this.text.length && at < index + FAR; at++) {
      const char = this.text[at];
      if (char === '\\') at++;
      else if (char === close) return at;
    }
    return -1;
  }

  protected escape(close: string): string {
    const letter = this.text.charAt(this.at + 1);
    if (letter === 'u' || letter === 'x') {
      const length = letter === 'u' ? 4 : 2;
      const digits = this.text.slice(this.at + 2, this.at + 2 + length);
      if (digits.length === length && /^[\da-f]+$/i.test(digits)) {
        this.at += 2 + length;
        return String.fromCharCode(Number.parseInt(digits, 16));
      }
    }
    const plain = letter === close || CLOSING[letter] !== undefined ? letter : ESCAPES[letter];
    this.at += plain === undefined ? 1 : 2;
    return plain ?? '\\';
  }

  /** Does the quote here end the string, or is it one the model forgot to escape? */
  protected endsString(place: Place, close: string): boolean {
    const next = this.skipBlank(this.at + 1);
    const char = this.text[next];
    if (char === undefined) return true;
    if (place === 'key') return this.endsKey(close);
    if (char === '}' || (char === ']' && this.arrays > 0)) return true;
    if (char === ',') return this.separatesHere(place, next, close);
    if (CLOSING[char] !== undefined && place === 'value' && this.memberStartsAt(next)) return true;
    if (place === 'item') return CLOSING[char] !== undefined || !this.pairsUp(close);
    return !this.closesLater(close, /^\s*(?:[,}\]]|$)/);
  }

  /** A colon or a brace before the next quote, or nothing but blanks, makes this quote the key's last. */
  protected endsKey(close: string): boolean {
    for (let at = this.at + 1; at < this.text.length && at < this.at + FAR; at++) {
      const char = this.text.charAt(at);
      if (char === ':' || char === '}') return true;
      if (char === close) return this.skipBlank(this.at + 1) === at;
    }
    return true;
  }

  /** Inside a list: do the quotes from here to the bracket pair up, so that this one opens a quotation? */
  protected pairsUp(close: string): boolean {
    let quotes = 0;
    for (let at = this.at + 1; at < this.text.length && at < this.at + FAR; at++) {
      const char = this.text[at];
      if (char === '\\') at++;
      else if (char === ']' || (char === ',' && quotes === 0)) break;
      else if (char === close) quotes++;
    }
    return quotes > 0 && quotes % 2 === 0;
  }

  protected separatesHere(place: Place, comma: number, close: string): boolean {
    const next = this.skipBlank(comma + 1);
    const char = this.text[next];
    if (place === 'item' || char === undefined || /[}\]{[]/.test(char)) return true;
    if (this.memberStartsAt(next)) return true;
    // `"he said "hi", then left"`: the next quote ends the string, so this one does not.
    const quote = this.nextQuote(close, comma);
    return quote < 0 || !/[,}]/.test(this.text.charAt(this.skipBlank(quote + 1)));
  }

  protected bareString(place: Place): string {
    let out = '';
    let braces = 0;
    for (;;) {
      const char = this.text.charAt(this.at);
      if (char === '' || (place === 'key' && /[:\s}]/.test(char)) || (place === 'item' && /[\],]/.test(char))) break;
      if (char === '"' && this.endsBare(place)) {
        this.at++;
        return out.trimEnd();
      }
      if (place === 'value') {
        if (char === '}' && braces-- === 0) break;
        if (char === '{') braces++;
        if (char === ',' && this.startsMember(this.skipBlank(this.at + 1))) break;
      }
      if (char === '\\') out += this.escape('"');
      else {
        out += char;
        this.at++;
      }
    }
    const text = out.trimEnd();
    if (place !== 'key' || !/\s/.test(this.text.charAt(this.at))) return text;
    // Of words before a colon the last is the key.
    const next = this.skipBlank(this.at);
    if (next >= this.text.length || /[:,]/.test(this.text.charAt(next))) return text;
    this.at = next;
    return /[}"'“]/.test(this.text.charAt(next)) ? '' : this.bareString('key');
  }

  /** A quote at the end of a string that had none at its start. */
  protected endsBare(place: Place): boolean {
    return (
      place !== 'value' || (place === 'value' && /^\s*(?:[,}\]]|$)/.test(this.text.slice(this.at + 1, this.at + 40)))
    );
  }

  protected startsMember(index: number): boolean {
    const rest = this.text.slice(index, index + LOOKAHEAD);
    return rest === '' || rest.startsWith('}') || this.memberStartsAt(index) || /^[\w-]+\s*:/.test(rest);
  }
}
