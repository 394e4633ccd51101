import { describe, expect, it } from 'vitest';
import type { CloudCheck } from '#lib/cli/cloud';
import { runCommandLine } from '#lib/cli/main';

async function doctor(inspect: (stage: string) => Promise<CloudCheck[]>, ...more: string[]) {
  const [out, error]: string[][] = [[], []];
  const refuse = () => Promise.reject(new Error('not asked for'));
  const tools = {
    ...{ version: '0', environment: {}, stdin: (async function* () {})(), connect: refuse, serve: refuse },
    cloud: async () => ({ inspect }) as never,
  };
  const write = (to: string[] | undefined) => ({ write: (text: string) => to?.push(text) });
  const code = await runCommandLine(['doctor', '--stage', 'prod', ...more], tools, {
    stdout: write(out),
    stderr: write(error),
  } as never);
  return { code, out: out?.join('') ?? '', error: error?.join('') ?? '' };
}
const good: CloudCheck = { what: 'CDK bootstrap', state: 'ok', found: 'version 21' };

describe('dspex doctor --stage', () => {
  it('ends with 0 when nothing failed: warnings and what could not be looked at are shown, and are no failure', async () => {
    const asked: string[] = [];
    const { code, out } = await doctor(async (stage) => {
      asked.push(stage);
      return [
        good,
        { what: 'Lambda: functions at once', state: 'warning', found: '10 not reserved, wanted 132' },
        { what: 'model x', state: 'unknown', found: 'the role in use may not do this' },
      ];
    });
    expect(asked).toEqual(['prod']);
    expect(code).toBe(0);
    expect(out).toMatch(/CDK bootstrap +ok +version 21/);
    expect(out).toMatch(/functions at once +warning +10 not reserved/);
    expect(out).toMatch(/model x +not checked +the role/);
  });

  it('ends with 1 when one look failed, and names it', async () => {
    const { code, out } = await doctor(async () => [good, { what: 'model x', state: 'failed', found: 'not granted' }]);
    expect(code).toBe(1);
    expect(out).toMatch(/model x +FAILED +not granted/);
  });

  it('with --json is one list with a state and whether it is well', async () => {
    const { code, out } = await doctor(async () => [good], '--json');
    expect(code).toBe(0);
    const [node, bootstrap, ...more] = JSON.parse(out);
    expect(node).toMatchObject({ what: 'Node 24 or newer', ok: true });
    expect(bootstrap).toEqual({ ...good, ok: true });
    expect(more).toEqual([]);
  });
});
