import { ExactFloat } from '#lib/signature/exact-number';

type Place = 'key' | 'value' | 'item';

/** How far it looks ahead to tell a quote that ends a string from one inside it. Bounded, so that reading stays linear. */
const LOOKAHEAD = 400;
const CLOSING: { [open: string]: string } = { '"': '"', "'": "'", '“': '”', '”': '”' };
const ESCAPES: { [letter: string]: string } = { t: '\t', n: '\n', r: '\r', b: '\b', '\\': '\\' };
const WORDS: { [word: string]: boolean | null } = { true: true, false: false, null: null, none: null };
const NUMBER = /[-.\d][-+.\deE_,/]*/y;
const WORD = /true|false|null|none/iy;

/** Reads JSON as a person would: what is obviously meant counts. One instance per text. */
export class LooseReader {
  private readonly text: string;
  private at = 0;
  private arrays = 0;
  private readonly lastQuotes = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
  }

  /** Whether the value that comes next is separated from the one before by a comma. */
  afterComma(): boolean {
    const next = this.skipBlank(this.at);
    if (this.text[next] === ',') return true;
    let before = this.at - 1;
    while (before >= 0 && /\s/.test(this.text.charAt(before))) before--;
    return this.text[before] === ',';
  }

  /** The next object or list in the text, whatever stands before it; undefined at the end. */
  nextTopLevel(): unknown {
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at];
      if (char === '{' && !this.isPlaceholder()) return this.object();
      if (char === '[') return this.list(']');
      if (char === '(' && this.opensTuple()) return this.tuple();
      if (char === '#' || (char === '/' && /[/*]/.test(this.text.charAt(this.at + 1)))) {
        this.comment(false);
        this.at--;
      }
    }
    return undefined;
  }

  /** `{like this}` in prose. */
  private isPlaceholder(): boolean {
    return /^\{[\w ]*\w[\w ]*\}/.test(this.text.slice(this.at, this.at + LOOKAHEAD));
  }

  private value(place: Place): unknown {
    this.skip();
    // What starts no value is noise: a currency sign, a second separator.
    while (this.at < this.text.length && !/["'“”{[(\-.\p{L}\p{N},}\]]/u.test(this.text.charAt(this.at))) this.at++;
    const char = this.text[this.at];
    if (char === undefined) return '';
    if (char === '{') return this.object();
    if (char === '[') return this.list(']', place === 'value');
    if (char === '(') return this.tuple();
    if (/[-.\d]/.test(char)) return this.number(place);
    return this.scalar(place);
  }

  private object(): unknown {
    const start = this.at++;
    const members = new Map<string, unknown>();
    for (;;) {
      this.skip();
      const char = this.text[this.at];
      if (char === undefined || char === '}') break;
      if (char === ',' || char === ':') {
        this.at++;
        continue;
      }
      if (char === ']' && this.arrays > 0) {
        this.at--;
        break;
      }
      const before = this.at;
      const key = String(this.string('key'));
      this.skip();
      const separator = this.text[this.at];
      if (separator === undefined || separator === '}') continue;
      if (separator !== ':' && members.size === 0 && (separator === ',' || this.at === before)) return this.set(start);
      this.at++;
      members.set(key, this.memberValue());
    }
    this.at++;
    if (members.size === 0 && this.holdsNoMember(start)) return this.set(start);
    return Object.fromEntries(members);
  }

  /** Something stands between the braces, but nothing with a colon: a set, or an object cut off in its first key. */
  private holdsNoMember(start: number): boolean {
    const body = this.text.slice(start + 1, this.at).replace(/\}$/, '');
    return /[^\s,\]]/.test(body) && !body.includes(':') && !/^\s*(?:#|\/[/*])/.test(body);
  }

  private memberValue(): unknown {
    this.skip();
    const char = this.text[this.at];
    if (char === ',' || char === '}') return '';
    return this.value('value');
  }

  /** `{"a", "b"}`: Python's set display. */
  private set(start: number): unknown {
    this.at = start;
    return this.list('}');
  }

  private list(close: string, isMember = false): unknown[] {
    this.at++;
    this.arrays++;
    const items: unknown[] = [];
    let closed = false;
    for (;;) {
      this.skip();
      const char = this.text[this.at];
      if (char === undefined || char === close || char === '}') break;
      if (char === ',') {
        this.at++;
        continue;
      }
      const before = this.at;
      const startsMember = CLOSING[char] !== undefined && this.memberStartsAt(this.at);
      if (startsMember && isMember && items.length > 0 && items.every(isScalar)) {
        // The list was never closed: this is the next member of the object around it.
        closed = true;
        break;
      }
      const item = startsMember ? this.bareMembers() : this.value('item');
      const next = this.text[this.at];
      if (this.at === before || (isBare(item) && next !== close && next !== ',')) this.at++;
      else if (!(item === '...' && this.text[this.at - 1] === '.')) items.push(item);
    }
    this.arrays--;
    if (!closed) this.at++;
    return items;
  }

  /** Members of an object whose brace was forgotten. */
  private bareMembers(): unknown {
    this.at--;
    return this.object();
  }

  private tuple(): unknown {
    const start = this.at;
    const items = this.list(')');
    const inside = this.text.slice(start, this.at);
    return items.length === 1 && !/,\s*\)$/.test(inside) ? items[0] : items;
  }

  /** A parenthesis starts a value only at the start of a line and before one: not in prose. */
  private opensTuple(): boolean {
    const line = this.text.slice(this.text.lastIndexOf('\n', this.at - 1) + 1, this.at);
    return (
      line.trim() === '' &&
      /^\(\s*(?:[)({["'“”\d.-]|true|false|null|none)/i.test(this.text.slice(this.at, this.at + 40))
    );
  }

  private number(place: Place): unknown {
    NUMBER.lastIndex = this.at;
    let text = NUMBER.exec(this.text)?.[0] ?? '';
    if (place === 'item' && text.includes(',')) text = text.slice(0, text.indexOf(','));
    if (/\p{L}/u.test(this.text.charAt(this.at + text.length))) return this.bareString(place);
    const trimmed = text.replace(/[-+eE/,]$/, '');
    this.at += Math.max(trimmed.length, 1);
    const plain = trimmed.replaceAll('_', '');
    if (/^-?\d+$/.test(plain)) return BigInt(plain);
    if (/^-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(plain)) return new ExactFloat(Number(plain));
    return plain;
  }

  private scalar(place: Place): unknown {
    WORD.lastIndex = this.at;
    const word = WORD.exec(this.text)?.[0];
    if (word !== undefined && /^(?:[\s,)\]}]|$)/.test(this.text.charAt(this.at + word.length))) {
      this.at += word.length;
      return WORDS[word.toLowerCase()] ?? null;
    }
    return this.string(place);
  }

  private string(place: Place): unknown {
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

  private quotedString(place: Place, close: string): string {
    this.at++;
    // `""word""`: the quotes were doubled.
    const doubled = this.text[this.at] === close && /[\p{L}\p{N}]/u.test(this.text.charAt(this.at + 1));
    if (doubled) this.at++;
    let out = '';
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
      if (char === close && this.endsString(place, close)) {
        this.at++;
        if (this.text[this.at] === close && /^\s*[,}\]:]/.test(this.text.slice(this.at + 1, this.at + 20))) this.at++;
        return out.endsWith('\n') ? out.trimEnd() : out;
      }
      if (char === '}' && place === 'value' && this.unclosedAt(close)) return out.trimEnd();
      out += char;
      this.at++;
    }
  }

  private escape(close: string): string {
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
  private endsString(place: Place, close: string): boolean {
    const next = this.skipBlank(this.at + 1);
    const char = this.text[next];
    if (char === undefined) return true;
    if (place === 'key') return char === ':' || !this.closesLater(close, /^\s*:/);
    if (char === '}' || (char === ']' && this.arrays > 0)) return true;
    if (char === ',') return this.separatesHere(place, next, close);
    if (CLOSING[char] !== undefined && place === 'value' && this.memberStartsAt(next)) return true;
    if (place === 'item' && CLOSING[char] !== undefined) return true;
    return !this.closesLater(close, /^\s*(?:[,}\]]|$)/);
  }

  private separatesHere(place: Place, comma: number, close: string): boolean {
    const next = this.skipBlank(comma + 1);
    const char = this.text[next];
    if (place === 'item' || char === undefined || /[}\]{[]/.test(char)) return true;
    if (this.memberStartsAt(next) || /^[\w-]+\s*:/.test(this.text.slice(next, next + LOOKAHEAD))) return true;
    return !this.closesLater(close, /^\s*(?:,\s*["'“]|\})/);
  }

  /** A quoted string followed by a colon. */
  private memberStartsAt(index: number): boolean {
    const close = CLOSING[this.text.charAt(index)];
    if (close === undefined) return false;
    const end = this.text.indexOf(close, index + 1);
    return end >= 0 && end - index < LOOKAHEAD && this.text[this.skipBlank(end + 1)] === ':';
  }

  /** Is there a later quote, near enough, that ends this string better? */
  private closesLater(close: string, after: RegExp): boolean {
    const window = this.text.slice(this.at + 1, this.at + 1 + LOOKAHEAD);
    for (let quote = window.indexOf(close); quote >= 0; quote = window.indexOf(close, quote + 1))
      if (after.test(window.slice(quote + 1, quote + 40))) return true;
    return false;
  }

  /** Where a quote last stands in the text; looked up once. */
  private lastIndex(quote: string): number {
    let index = this.lastQuotes.get(quote);
    if (index === undefined) {
      index = this.text.lastIndexOf(quote);
      this.lastQuotes.set(quote, index);
    }
    return index;
  }

  /** A brace after which no quote closes anything: the string lost its quote, the brace is the object's. */
  private unclosedAt(close: string): boolean {
    const rest = this.text.slice(this.at + 1, this.at + 1 + LOOKAHEAD);
    return !rest.includes(close) && !/[^\s}\]`]/.test(rest);
  }

  private bareString(place: Place): string {
    const start = this.at;
    for (; this.at < this.text.length; this.at++) {
      const char = this.text.charAt(this.at);
      if (place === 'key' ? /[:\s}]/.test(char) : place === 'item' ? /[\],]/.test(char) : char === '}') break;
      if (char === '"' && this.endsBare(place)) {
        this.at++;
        return this.text.slice(start, this.at - 1).trimEnd();
      }
      if (place === 'value' && char === ',' && this.startsMember(this.skipBlank(this.at + 1))) break;
    }
    const text = this.text.slice(start, this.at).trimEnd();
    if (place !== 'key' || !/\s/.test(this.text.charAt(this.at))) return text;
    // Of words before a colon the last is the key.
    const next = this.skipBlank(this.at);
    if (next >= this.text.length || /[:,]/.test(this.text.charAt(next))) return text;
    this.at = next;
    return /[}"'“]/.test(this.text.charAt(next)) ? '' : this.bareString('key');
  }

  /** A quote at the end of a string that had none at its start. */
  private endsBare(place: Place): boolean {
    return (
      place === 'item' || (place === 'value' && /^\s*(?:[,}\]]|$)/.test(this.text.slice(this.at + 1, this.at + 40)))
    );
  }

  private startsMember(index: number): boolean {
    const rest = this.text.slice(index, index + LOOKAHEAD);
    return rest === '' || rest.startsWith('}') || this.memberStartsAt(index) || /^[\w-]+\s*:/.test(rest);
  }

  private skip(): void {
    for (;;) {
      this.at = this.skipBlank(this.at);
      const char = this.text[this.at];
      if (char !== '#' && !(char === '/' && /[/*]/.test(this.text.charAt(this.at + 1)))) return;
      this.comment(true);
    }
  }

  private skipBlank(index: number): number {
    let next = index;
    while (next < this.text.length && /\s/.test(this.text.charAt(next))) next++;
    return next;
  }

  /** Inside a value a `#` comment ends where the value does. */
  private comment(inside: boolean): void {
    if (this.text.startsWith('/*', this.at)) {
      const end = this.text.indexOf('*/', this.at + 2);
      this.at = end < 0 ? this.text.length : end + 2;
      return;
    }
    const ends = inside && this.text[this.at] === '#' ? (this.arrays > 0 ? /[\n\r\]]/g : /[\n\r}]/g) : /[\n\r]/g;
    ends.lastIndex = this.at;
    this.at = ends.exec(this.text)?.index ?? this.text.length;
  }
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null || value instanceof ExactFloat;
}

/** An empty text, list or object: what reading past a missing bracket leaves behind. */
function isBare(value: unknown): boolean {
  if (value === '') return true;
  if (typeof value !== 'object' || value === null || value instanceof ExactFloat) return false;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}
