import { ExactFloat, parseExactJson } from '#lib/signature/exact-number';
import { CLOSING, LOOKAHEAD, type Place } from './loose-cursor.ts';
import { LooseStrings } from './loose-string.ts';

const WORDS: { [word: string]: boolean | null } = { true: true, false: false, null: null, none: null };
const NUMBER = /[-.\d][-+.\deE_,/]*/y;
const WORD = /true|false|null|none/iy;

/** Reads JSON as a person would: what is obviously meant counts. One instance per text. */
export class LooseReader extends LooseStrings {
  private triedWhole = false;

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
      if (char === '{' || char === '[') {
        const whole = this.wholeValue();
        if (whole !== undefined) return whole;
        if (char === '[') return this.list(']');
        if (!this.isPlaceholder()) return this.objectAndMore();
      }
      if (char === '(' && this.opensTuple()) return this.tuple();
      if (char === '#' || (char === '/' && /[/*]/.test(this.text.charAt(this.at + 1)))) {
        this.comment(false);
        this.at--;
      }
    }
    return undefined;
  }

  /** An object closed too early goes on after its brace: `{"a": 1}, "b": 2}`. */
  private objectAndMore(): unknown {
    let value = this.object();
    while (isObject(value)) {
      const comma = this.skipBlank(this.at);
      const next = this.skipBlank(comma + 1);
      if (this.text[comma] !== ',' || CLOSING[this.text.charAt(next)] === undefined) break;
      this.at = next - 1;
      const more = this.object();
      if (isObject(more)) value = { ...value, ...more };
    }
    return value;
  }

  /** The first value of a text with something around it is read strictly where that is possible. */
  private wholeValue(): unknown {
    if (this.triedWhole) return undefined;
    this.triedWhole = true;
    const end = this.balancedEnd();
    if (end === undefined) return undefined;
    try {
      const value = parseExactJson(this.text.slice(this.at, end));
      this.at = end;
      return value;
    } catch {
      return undefined;
    }
  }

  private balancedEnd(): number | undefined {
    let depth = 0;
    let quoted = false;
    for (let at = this.at; at < this.text.length; at++) {
      const char = this.text[at];
      if (quoted) {
        if (char === '\\') at++;
        else if (char === '"') quoted = false;
      } else if (char === '"') quoted = true;
      else if (char === '{' || char === '[') depth++;
      else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
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
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactFloat);
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
