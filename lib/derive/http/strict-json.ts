import { InvalidInput } from '#lib/base/errors';
import type { Json } from '#lib/base/json';
import { pointerOf } from '#lib/base/pointer';
import { JsonTrouble, parseStrict } from '#lib/base/strict-json';

export const MAX_DEPTH = 32;

/** The JSON of a request's body, UTF-8 with or without a byte order mark; anything else is InvalidInput naming the place. */
export function parseStrictJson(bytes: Uint8Array, maxDepth: number = MAX_DEPTH): Json {
  const text = decode(bytes);
  if (text.trim() === '') throw new InvalidInput('json_empty', 'wanted a JSON body, there was none');
  try {
    return parseStrict(text, { maxDepth });
  } catch (error) {
    if (!(error instanceof JsonTrouble)) throw error;
    const detail = `${error.message} (${placeOf(text, error.offset)})`;
    throw new InvalidInput(`json_${error.kind}`, `the body is not acceptable JSON: ${detail}`, {
      cause: error,
      problems: [{ pointer: pointerOf(error.path), detail }],
    });
  }
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (cause) {
    throw new InvalidInput('json_encoding', 'wanted UTF-8, there are bytes that are not', { cause });
  }
}
