import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rejection } from '../contract/harness.ts';
import { testHome } from './test-home.ts';

const CANARY = 'sk-canary-91c2';

describe('local secrets', () => {
  it('lie in a file that its owner alone can read, whole after every write', async () => {
    const { dir, secrets } = await testHome();
    await secrets.put('openai', CANARY);
    const file = join(dir, 'secrets.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ openai: CANARY });
    expect(readdirSync(dir).filter((name) => name.startsWith('.writing'))).toEqual([]);
  });

  it('survive a restart and stand nowhere else in the folder', async () => {
    const first = await testHome();
    const reference = await first.secrets.put('openai', CANARY);
    await first.store.transact([{ put: { pk: 'lm', sk: '-', data: { reference } } }]);
    await first.close();
    const { secrets, dir } = await testHome({ dir: first.dir });
    expect(await secrets.get(reference)).toBe(CANARY);
    const holding = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name)).includes(CANARY))
      .map(({ name }) => name);
    expect(holding).toEqual(['secrets.json']);
  });

  it('a damaged file is Unavailable, without a word of its content', async () => {
    const { dir, secrets } = await testHome();
    writeFileSync(join(dir, 'secrets.json'), `{"openai": "${CANARY}`);
    for (const attempt of [() => secrets.get('local:openai'), () => secrets.put('other', 'x')]) {
      const error = await rejection(attempt());
      expect(error).toMatchObject({ code: 'secrets_damaged' });
      expect(JSON.stringify(error) + String(error)).not.toContain('canary');
    }
    expect(readFileSync(join(dir, 'secrets.json'), 'utf8')).toContain(CANARY);
  });

  it('env:NAME reads the environment the home was given, and no inherited property of it', async () => {
    const { secrets } = await testHome({ environment: { OPENAI_API_KEY: CANARY } });
    expect(await secrets.get('env:OPENAI_API_KEY')).toBe(CANARY);
    expect(await secrets.get('env:ABSENT')).toBeNull();
    expect(await secrets.get('env:constructor')).toBeNull();
    expect(await secrets.get('local:constructor')).toBeNull();
  });

  it('a secret may be called __proto__', async () => {
    const { secrets } = await testHome();
    expect(await secrets.get(await secrets.put('__proto__', CANARY))).toBe(CANARY);
  });
});

describe('local blobs', () => {
  it('a workspace that could leave its folder is refused', async () => {
    const { blobs } = await testHome();
    for (const workspace of ['', '..', '../x', 'a/b', 'A', 'a\u0000', '.hidden'])
      expect(await rejection(blobs.put(workspace, new Uint8Array([1])))).toMatchObject({ name: 'InvalidInput' });
  });
});
