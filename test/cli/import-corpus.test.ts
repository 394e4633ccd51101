import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dspex, newFolder } from './dspex.ts';

const DOCS = 'examples/rag/docs.jsonl';

test('a file of documents becomes a version of a corpus, made when it is not there; the next file the next version', async () => {
  const folder = await newFolder();
  const imported = (file: string) => dspex(['import', file, '--corpus', 'shelf', '--data-dir', folder]);
  expect(await imported(DOCS)).toMatchObject({ code: 0, out: 'shelf@1: 12 documents\n' });
  const text = join(folder, 'notes.txt');
  await writeFile(text, 'One paragraph.\n\nAnd a second one.\n');
  expect(await imported(text)).toMatchObject({ code: 0, out: 'shelf@2: 2 documents\n' });
}, 60_000);

test('a file that is none is refused with what was wanted: by its ending, by its absence, by its bad lines', async () => {
  const folder = await newFolder();
  const refused = async (file: string) => dspex(['import', file, '--corpus', 'shelf', '--data-dir', folder]);
  const ending = await refused('README.pdf');
  expect(ending.code).toBe(2);
  expect(ending.error).toContain('README.pdf: wanted a file ending in .jsonl, .ndjson, .json, .txt, .md');
  expect(await refused('nowhere.jsonl')).toMatchObject({ code: 2, error: expect.stringContaining('ENOENT') });
  const bad = join(folder, 'bad.jsonl');
  await writeFile(bad, '{"text": "fine"}\n{"txt": 1}\n');
  const lines = await refused(bad);
  expect(lines.code).not.toBe(0);
  expect(lines.error).toContain('1 documents cannot be read');
}, 60_000);
