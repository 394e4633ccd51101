import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { exists } from '#lib/lm/embedded/publish';
import { ensureRuntime } from '#lib/lm/embedded/runtime';

test('a data folder given by a relative path gets a runtime that is really there', async () => {
  const folder = relative(process.cwd(), await mkdtemp(join(tmpdir(), 'dspex-runtime-')));
  const installed = await ensureRuntime(folder);
  expect(await exists(join(installed, 'dist', 'index.js'))).toBe(true);
});
