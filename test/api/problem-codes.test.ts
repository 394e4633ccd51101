import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const LIB = join(import.meta.dirname, '../../lib');
const THROWN =
  /new (?:InvalidInput|Unauthenticated|Forbidden|NotFound|MethodNotAllowed|Conflict|Stale|TooLarge|UnsupportedMediaType|Unprocessable|PreconditionRequired|TooManyRequests|Internal|Unavailable)\(\s*'([^']*)'/g;

test('every problem has a code in lower case and underscores: programs compare it', async () => {
  const files = (await readdir(LIB, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const texts = await Promise.all(files.map((name) => readFile(join(LIB, name), 'utf8')));
  const codes = texts.flatMap((text) => [...text.matchAll(THROWN)].map(([, code = '']) => code));
  expect(codes.length).toBeGreaterThan(80);
  expect(codes.filter((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code))).toEqual([]);
});
