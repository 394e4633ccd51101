import { InvalidInput } from '#lib/base/errors';
import type { Json } from '#lib/base/json';

export const MAX_DEPTH = 32;

/**
 * JSON as RFC 7493 (I-JSON) wants it: UTF-8, no duplicate member names, no lone surrogates, no number beyond a double,
 * and here also at most `maxDepth` levels of nesting and no member called `__proto__`. A byte order mark is skipped.
 * Anything else is InvalidInput naming the place.
 */
export function parseStrictJson(bytes: Uint8Array, maxDepth: number = MAX_DEPTH): Json {
  const text = decode(bytes);
  if (text.trim() === '') throw new InvalidInput('json_empty', 'wanted a JSON body, there was none');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new InvalidInput('json_malformed', `the body is not JSON: ${(cause as Error).message.slice(0, 200)}`, {
      cause,
    });
  }
  inspect(text, maxDepth);
  return value;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new InvalidInput('json_encoding', 'wanted UTF-8, there are bytes that are not', { cause });
  }
}

interface Level {
  /** Names seen so far; `null` inside an array. */
  names: Set<string> | null;
  /** The member or position being read, for the pointer. */
  at: string | number;
  nameNext: boolean;
}

// Everything but strings, brackets, commas and numbers has been vouched for by JSON.parse and is stepped over.
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]|-?\d[\d.eE+-]*/g;
const HANDLERS: Record<string, (levels: Level[], maxDepth: number) => void> = {
  '{': (levels, maxDepth) => enter(levels, { names: new Set(), at: '', nameNext: true }, maxDepth),
  '[': (levels, maxDepth) => enter(levels, { names: null, at: 0, nameNext: false }, maxDepth),
  '}': (levels) => void levels.pop(),
  ']': (levels) => void levels.pop(),
  ',': (levels) => {
    const level = levels.at(-1);
    if (level === undefined) return;
    if (typeof level.at === 'number') level.at++;
    else level.nameNext = true;
  },
};

function inspect(text: string, maxDepth: number): void {
  const levels: Level[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const handle = HANDLERS[token];
    if (handle) handle(levels, maxDepth);
    else if (token.startsWith('"')) checkString(token, levels);
    else if (!Number.isFinite(Number(token)))
      refuse('json_number', `the number ${token.slice(0, 40)} is too large`, levels);
  }
}

function enter(levels: Level[], level: Level, maxDepth: number): void {
  if (levels.length >= maxDepth)
    throw new InvalidInput('json_too_deep', `wanted at most ${maxDepth} levels of nesting, there are more`);
  levels.push(level);
}

function checkString(token: string, levels: Level[]): void {
  const escaped = token.includes('\\');
  const value = escaped ? (JSON.parse(token) as string) : token.slice(1, -1);
  const level = levels.at(-1);
  const isName = level?.nameNext === true;
  if (isName) {
    level.nameNext = false;
    level.at = value.toWellFormed();
  }
  if (escaped && !value.isWellFormed()) refuse('json_surrogate', 'the string holds half of a surrogate pair', levels);
  if (!isName) return;
  if (value === '__proto__') refuse('json_name', 'the member name __proto__ is not accepted', levels);
  if (level.names?.has(value))
    refuse('json_duplicate', `the member ${JSON.stringify(value.slice(0, 80))} is there twice`, levels);
  level.names?.add(value);
}

function refuse(code: string, detail: string, levels: readonly Level[]): never {
  throw new InvalidInput(code, `the body is not acceptable JSON: ${detail}`, {
    problems: [{ pointer: pointerOf(levels.map((level) => level.at)), detail }],
  });
}

/** RFC 6901. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
