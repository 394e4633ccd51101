import { ExactFloat, parseExactJson } from '#lib/signature/exact-number';
import { Mismatch } from '#lib/signature/mismatch';
import { LooseReader } from './loose-json.ts';

/** Deeper answers are refused: Python's reader gives up near 1000 levels too. */
const MAX_DEPTH = 500;

/**
 * The JSON value in a model's answer, tolerating what models get wrong: fences and prose around it, single quotes,
 * missing quotes, commas or brackets, comments, Python's constants. '' when there is none. Numbers are exact (see
 * `parseExactJson`). Behaves as the json-repair package DSPy uses wherever the golden files look; takes linear time.
 */
export function repairJson(text: string): unknown {
  // A bare word, the commonest answer of all, is neither JSON nor holds any.
  if (/^[A-Za-z][^[{(#/"']*$/.test(text) && !JSON_WORDS.has(text.trim())) return '';
  if (depthOfBrackets(text) > MAX_DEPTH) throw new Mismatch(text, `JSON at most ${MAX_DEPTH} levels deep`);
  try {
    return parseExactJson(text);
  } catch {
    return pythonJson(text) ?? withoutBrace(text) ?? topLevel(new LooseReader(text));
  }
}

/** An object whose opening brace alone is missing. */
function withoutBrace(text: string): unknown {
  if (!/^\s*["'“”]/.test(text) || !/\}\s*$/.test(text)) return undefined;
  try {
    return parseExactJson(`{${text}`);
  } catch {
    return undefined;
  }
}

const JSON_WORDS = new Set(['true', 'false', 'null', 'NaN', 'Infinity']);
const NON_FINITE = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
const MARK = '\0number:';

/** Python's JSON has nan and the infinities; undefined when that is not what keeps the text from being JSON. */
function pythonJson(text: string): unknown {
  if (!/NaN|Infinity/.test(text) || text.includes('\\u0000number:')) return undefined;
  const marked = text.replace(NON_FINITE, (part) => (part.startsWith('"') ? part : JSON.stringify(MARK + part)));
  try {
    return unmark(parseExactJson(marked));
  } catch {
    return undefined;
  }
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string')
    return value.startsWith(MARK) ? new ExactFloat(Number(value.slice(MARK.length))) : value;
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== 'object' || value === null || value instanceof ExactFloat) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unmark(one)]));
}

/** An upper bound: brackets inside strings count too. */
function depthOfBrackets(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 91 || code === 123) {
      if (++depth > deepest) deepest = depth;
    } else if ((code === 93 || code === 125) && depth > 0) depth--;
  }
  return deepest;
}

/** All the values in the text. Later objects of the same shape replace earlier ones: models correct themselves. */
function topLevel(reader: LooseReader): unknown {
  const values: unknown[] = [];
  for (;;) {
    const separated = reader.afterComma();
    const value = reader.nextTopLevel();
    if (value === undefined) break;
    if (values.length > 0 && isEmpty(value)) continue;
    const last = values.at(-1);
    if (values.length > 0 && (isEmpty(last) || (!separated && sameShape(last, value)))) values.pop();
    values.push(value);
  }
  if (values.length === 0) return '';
  return values.length === 1 ? values[0] : values;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === null || value === false || value === 0;
}

/** The same keys with values of the same kinds, recursively. */
function sameShape(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => sameShape(item, b[index]));
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return typeof a === typeof b;
  if (Array.isArray(a) || Array.isArray(b) || a.constructor !== b.constructor) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameShape(member(a, key), member(b, key)))
  );
}

function member(value: object, key: string): unknown {
  return (value as { [key: string]: unknown })[key];
}
