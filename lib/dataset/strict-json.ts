import type { Json, JsonObject } from '#lib/base/json';

/** Why a text is not the JSON we take, and where (a UTF-16 offset). */
export class JsonTrouble extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * JSON without its traps. JSON.parse keeps the last of duplicate keys, turns 1e400 into Infinity, rounds long integers and
 * lets lone surrogates through; data that is to be checksummed and shown to models may do none of that.
 */
export function parseStrict(text: string, maxDepth = 32): Json {
  const reader = strictReader(text, maxDepth);
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

export function strictReader(text: string, maxDepth = 32): StrictReader {
  let at = 0;

  const fail = (message: string, offset = at): never => {
    throw new JsonTrouble(message, offset);
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

  const string = (): string => {
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
    if (!result.isWellFormed()) fail('a lone surrogate in a string', start);
    if (result.includes('\0')) fail('a NUL character in a string', start);
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
    if (!Number.isFinite(value)) fail(`number ${match[0].slice(0, 40)} is out of range`, start);
    if (match[1] === undefined && match[2] === undefined && !Number.isSafeInteger(value)) {
      fail(`integer ${match[0].slice(0, 40)} cannot be kept exactly; quote it as a string`, start);
    }
    return Object.is(value, -0) ? 0 : value;
  };
  const list = (depth: number): Json[] => {
    at++;
    const items: Json[] = [];
    if (take(']')) return items;
    do items.push(value(depth));
    while (take(','));
    if (!take(']')) fail(`wanted , or ] in a list, found ${found()}`);
    return items;
  };
  const object = (depth: number): JsonObject => {
    at++;
    const members: JsonObject = {};
    if (take('}')) return members;
    do {
      space();
      const start = at;
      if (text[at] !== '"') fail(`wanted a key in double quotes, found ${found()}`);
      const key = string();
      if (key === '__proto__') fail('the key "__proto__" is not allowed', start);
      if (Object.hasOwn(members, key)) fail(`key ${JSON.stringify(key.slice(0, 80))} occurs twice`, start);
      if (!take(':')) fail(`wanted : after a key, found ${found()}`);
      members[key] = value(depth);
    } while (take(','));
    if (!take('}')) fail(`wanted , or } in an object, found ${found()}`);
    return members;
  };
  const value = (depth: number): Json => {
    space();
    const character = text[at];
    if (character === '"') return string();
    if (character === '{' || character === '[') {
      if (depth <= 0) fail(`nested deeper than ${maxDepth}`);
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
