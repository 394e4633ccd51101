import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordRun, runsOnAws, saidOf } from './account-record.ts';

const run = { date: '2026-12-01T10:00:00.000Z', region: 'eu-central-1', commit: 'abcdef0123', seconds: 600 };

/** `npm run test:account` in an environment without any credentials but those given. */
function account(args: string[], more: Record<string, string> = {}) {
  const none = { AWS_EC2_METADATA_DISABLED: 'true', AWS_SHARED_CREDENTIALS_FILE: '/none', AWS_CONFIG_FILE: '/none' };
  const env = { PATH: process.env.PATH ?? '', HOME: tmpdir(), AWS_REGION: 'eu-central-1', ...none, ...more };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/aws/account.ts', ...args], {
    ...{ env, encoding: 'utf8' as const },
  });
  return { status, said: stdout + stderr };
}

describe('npm run test:account', () => {
  it('without credentials ends with 2, and says that, and whether it has ever run on AWS', () => {
    const { status, said } = account(['--stage', 'drive', '--yes']);
    expect(status).toBe(2);
    expect(said).toContain('AWS does not accept the credentials, or there are none');
    expect(said).toContain(saidOf(runsOnAws()));
  }, 60_000);

  it('without a stage, and towards an emulator, begins nothing', () => {
    expect(account([])).toMatchObject({ status: 2, said: expect.stringContaining('which stage?') });
    const emulated = account(['--stage', 'drive'], { AWS_ENDPOINT_URL: 'http://localhost:4566' });
    expect(emulated).toMatchObject({ status: 2, said: expect.stringContaining('that is not AWS') });
  }, 60_000);
});

describe('the record', () => {
  it('says "not yet run on AWS" until a drive has passed there, and then when, where and with what', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'dspex-runs-')), 'runs.json');
    writeFileSync(file, '{"runs": []}');
    expect(saidOf(runsOnAws(file))).toBe('not yet run on AWS');
    recordRun({ ...run, passed: 3, failed: 5 }, file);
    expect(saidOf(runsOnAws(file))).toBe('not yet run on AWS');
    recordRun({ ...run, passed: 8, failed: 0 }, file);
    expect(saidOf(runsOnAws(file))).toBe('last run on AWS on 2026-12-01 in eu-central-1, at abcdef0: 8 passed');
    expect(runsOnAws(file)).toHaveLength(2);
  });

  it('and the pages say the same', () => {
    for (const page of ['docs/deploy.md', 'docs/aws-emulator.md'])
      expect(readFileSync(page, 'utf8')).toContain(`**${saidOf(runsOnAws())}**`);
  });
});
