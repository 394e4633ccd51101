import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '#lib/base/json';
import type { Message } from '#lib/lm/spec';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Made by `npm run goldens`; without it the suites that need the real DSPy are left out. */
const python = process.env.DSPEX_TEST_PYTHON ?? join(root, '.dspex/goldens-python/bin/python');
export const hasDspy = existsSync(python);

export interface Job {
  files: Record<string, string>;
  runs?: { input: JsonObject; answers: JsonObject[] }[];
}
export interface Report {
  error?: string;
  saved: string;
  paths: string[];
  configs: Record<string, JsonObject>;
  runs: { messages: Message[][]; outputs: JsonObject }[];
}

/** Writes exported programs to folders of their own and runs them all in one process of the real DSPy. */
export function runExported(jobs: readonly Job[]): Report[] {
  const folder = mkdtempSync(join(tmpdir(), 'dspex-interop-'));
  const written = jobs.map(({ files, runs = [] }, index) => {
    const own = join(folder, `program_${index}`);
    mkdirSync(own);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
    return { folder: own, runs };
  });
  const { status, stdout, stderr } = spawnSync(python, [join(root, 'test/interop/run-exported.py')], {
    input: JSON.stringify(written),
    encoding: 'utf8',
    maxBuffer: 64e6,
    timeout: 240_000,
    env: { ...process.env, DSPY_CACHEDIR: join(folder, 'cache'), DSPEX_MODEL: 'openai/none' },
  });
  if (status !== 0) throw new Error(`the real DSPy ended with ${status}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout) as Report[];
}
