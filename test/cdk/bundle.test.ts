import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundle } from '../../cdk/code/bundle.ts';
import { FUNCTION_NAMES } from '../../cdk/names.ts';

let made: Bundle;
beforeAll(() => {
  made = bundle(join(mkdtempSync(join(tmpdir(), 'dspex-bundle-')), 'functions'));
}, 120_000);

/** What a function loads before its first event, in bytes. Wanted of the API are 700 KB; it stays where it is, much below. */
const ENTRY_BYTES = { api: 320_000, step: 700_000 };

describe('the functions as they are deployed', () => {
  it.each(Object.entries(ENTRY_BYTES))('what %s loads first is at most %i bytes', (name, most) => {
    expect(made.entryBytes(name), JSON.stringify(made.entryContents(name).slice(0, 12))).toBeLessThan(most);
  });

  it('no SDK client, Cedar, provider or noun is among what the API loads first', () => {
    const parts = made.entryContents('api').map(([part]) => part);
    expect(parts).toContain('zod');
    expect(
      parts.filter((part) =>
        /^@aws-sdk|^@smithy|cedar|^@ai-sdk|swagger|powertools|xray|jsonata|croner|lib\/(optimizer|engine|compiler|program)/.test(
          part,
        ),
      ),
    ).toEqual([]);
  });

  it('every function has its entry, and what is loaded from beside it is there', () => {
    for (const name of FUNCTION_NAMES) expect(made.entryBytes(name)).toBeGreaterThan(10_000);
    for (const file of [
      '@cedar-policy/cedar-wasm/nodejs/cedar_wasm_bg.wasm',
      'swagger-ui-dist/swagger-ui.css',
      '@ai-sdk/anthropic/index.js',
    ])
      expect(existsSync(join(made.folder, 'node_modules', file)), file).toBe(true);
  });

  it('every function but the streaming one loads with nothing around it, and says what its environment lacks', () => {
    for (const name of FUNCTION_NAMES.filter((one) => one !== 'api-stream')) {
      const entry = join(made.folder, name, 'handler.mjs');
      const code = `import(${JSON.stringify(entry)}).then((m) => { if (typeof m.handler !== 'function') process.exit(3); process.exit(0) })`;
      execFileSync(process.execPath, ['-e', code], { cwd: tmpdir(), env: { PATH: process.env.PATH }, stdio: 'pipe' });
    }
    // A Node for each of them, one after another.
  }, 300_000);
});
