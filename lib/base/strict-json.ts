import type { Json, JsonObject } from './json.ts';

export type JsonTroubleKind =
  | 'malformed'
  | 'duplicate'
  | 'surrogate'
  | 'nul'
  | 'number'
  | 'integer'
  | 'name'
  | 'too_deep';

/** Why a text is not the JSON we take, and where: a UTF-16 offset, and the members and positions that lead there. */
export class JsonTrouble extends Error {
  readonly kind: JsonTroubleKind;
  readonly offset: number;
  readonly path: readonly (string | number)[];
  constructor(
    message: string,
    offset: number,
    kind: JsonTroubleKind = 'malformed',
    path: readonly (string | number)[] = [],
  ) {
    super(message);
    this.kind = kind;
    this.offset = offset;
    this.path = path;
  }
}

/** What is refused beside what every strict reader refuses. */
export interface StrictRules {
  /** Levels of nesting; default 32. */
  maxDepth?: number;
  /** Integers that a double cannot hold are refused, not rounded. */
  exactIntegers?: boolean;
  /** So are NUL characters in strings. */
  withoutNul?: boolean;
}

/**
 * JSON as RFC 7493 (I-JSON) wants it. JSON.parse keeps the last of duplicate keys, turns 1e400 into Infinity, lets lone
 * surrogates through and makes `__proto__` a trap for whoever copies members; data that is checksummed, authorized by and
 * shown to models may do none of that.
 */
export function parseStrict(text: string, rules: StrictRules = {}): Json {
  const reader = strictReader(text, rules);
  const value = reader.value();
  reader.end();
  return value;
}

export interface StrictReader {
  /** The next value, white space before it passed over. */
  value(): Json;
  /** Takes the next character if it is this one, white space before it passed over. */
  take(character: string): boolean;
  /** Throws unless only white space is left. */
  end(): void;
  offset(): number;
}

const PLAIN_STRING = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORDS: Record<string, Json> = { true: true, false: false, null: null };
const ESCAPES: Record<string, string> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

export function strictReader(text: string, rules: StrictRules = {}): StrictReader {
  const { maxDepth = 32, exactIntegers = false, withoutNul = false } = rules;
  const path: (string | number)[] = [];
  let at = 0;

  const fail = (message: string, offset = at, kind: JsonTroubleKind = 'malformed'): never => {
    throw new JsonTrouble(message, offset, kind, [...path]);
  };
  const found = (): string => (at >= text.length ? 'the end' : JSON.stringify(text[at]));
  const space = (): void => {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return;
      at++;
    }
  };
  const take = (character: string): boolean => {
    space();
    if (text[at] !== character) return false;
    at++;
    return true;
  };

  const string = (isName = false): string => {
    const start = at++;
    let result = '';
    for (;;) {
      PLAIN_STRING.lastIndex = at;
      result += PLAIN_STRING.exec(text)?.[0] ?? '';
      at = PLAIN_STRING.lastIndex;
      const character = text[at];
      if (character === '"') break;
      if (character !== '\\')
        fail(at >= text.length ? 'a string is not closed' : `control character ${found()} in a string`);
      result += escaped();
    }
    at++;
    if (isName) path[path.length - 1] = result.toWellFormed();
    if (!result.isWellFormed()) fail('a lone surrogate in a string', start, 'surrogate');
    if (withoutNul && result.includes('\0')) fail('a NUL character in a string', start, 'nul');
    return result;
  };
  const escaped = (): string => {
    const letter = text[at + 1] ?? '';
    at += 2;
    const plain = ESCAPES[letter];
    if (plain !== undefined) return plain;
    const digits = text.slice(at, at + 4);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) fail(`no such escape: \\${letter}`, at - 2);
    at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  };
  const number = (): number => {
    NUMBER.lastIndex = at;
    const match = NUMBER.exec(text);
    if (match === null) return fail(`wanted a value, found ${found()}`);
    const start = at;
    at = NUMBER.lastIndex;
    const value = Number(match[0]);
    if (!Number.isFinite(value)) fail(`number ${match[0].slice(0, 40)} is out of range`, start, 'number');
    if (exactIntegers && match[1] === undefined && match[2] === undefined && !Number.isSafeInteger(value)) {
      fail(`integer ${match[0].slice(0, 40)} cannot be kept exactly; quote it as a string`, start, 'integer');
    }
    return Object.is(value, -0) ? 0 : value;
  };
  const list = (depth: number): Json[] => {
    at++;
    const items: Json[] = [];
    if (take(']')) return items;
    path.push(0);
    do {
      path[path.length - 1] = items.length;
      items.push(value(depth));
    } while (take(','));
    path.pop();
    if (!take(']')) fail(`wanted , or ] in a list, found ${found()}`);
    return items;
  };
  const object = (depth: number): JsonObject => {
    at++;
    const members: JsonObject = {};
    if (take('}')) return members;
    path.push('');
    do {
      space();
      const start = at;
      if (text[at] !== '"') fail(`wanted a key in double quotes, found ${found()}`);
      const key = string(true);
      if (key === '__proto__') fail('the key "__proto__" is not allowed', start, 'name');
      if (Object.hasOwn(members, key)) fail(`key ${JSON.stringify(key.slice(0, 80))} occurs twice`, start, 'duplicate');
      if (!take(':')) fail(`wanted : after a key, found ${found()}`);
      members[key] = value(depth);
    } while (take(','));
    path.pop();
    if (!take('}')) fail(`wanted , or } in an object, found ${found()}`);
    return members;
  };
  const value = (depth: number): Json => {
    space();
    const character = text[at];
    if (character === '"') return string();
    if (character === '{' || character === '[') {
      if (depth <= 0) fail(`nested deeper than ${maxDepth}`, at, 'too_deep');
      return character === '{' ? object(depth - 1) : list(depth - 1);
    }
    for (const word of Object.keys(WORDS)) {
      if (text.startsWith(word, at) && !/[A-Za-z0-9_]/.test(text[at + word.length] ?? '')) {
        at += word.length;
        return WORDS[word] as Json;
      }
    }
    return number();
  };

  return {
    value: () => value(maxDepth),
    take,
    end: () => {
      space();
      if (at < text.length) fail(`wanted the end, found ${found()}`);
    },
    offset: () => at,
  };
}
